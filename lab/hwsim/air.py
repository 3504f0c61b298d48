"""Inside the guest: access points of one network on three bands, and how loud each is heard.

`air.py up`, `air.py signal ap5 -70`, `air.py down`. Only the standard library: it runs as a file.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

STATE = Path("/run/air")
NAMESPACE = "air"
SSID, PASSPHRASE = "labnet", "labsecret1"
GATEWAY = "10.99.0.1"

_COMMON = f"""\
bridge=br0
driver=nl80211
ssid={SSID}
country_code=DE
ieee80211d=1
wpa=2
rsn_pairwise=CCMP
wpa_passphrase={PASSPHRASE}
ieee80211n=1
wmm_enabled=1
rrm_neighbor_report=1
bss_transition=1
"""
_BY_BAND = {
    2: "hw_mode=g\nht_capab=[SHORT-GI-20]\nwpa_key_mgmt=WPA-PSK\n",
    5: "hw_mode=a\nwpa_key_mgmt=WPA-PSK\nht_capab=[HT40+][SHORT-GI-20][SHORT-GI-40]\n"
    "vht_capab=[SHORT-GI-80]\nieee80211ac=1\nvht_oper_chwidth=1\n"
    "vht_oper_centr_freq_seg0_idx={centre}\nieee80211ax=1\nhe_oper_chwidth=1\n"
    "he_oper_centr_freq_seg0_idx={centre}\n",
    6: "hw_mode=a\nwpa_key_mgmt=SAE\nieee80211w=2\nsae_pwe=2\nieee80211ax=1\nop_class=133\n"
    "he_oper_chwidth=1\nhe_oper_centr_freq_seg0_idx={centre}\n",
}


@dataclass(frozen=True)
class Ap:
    name: str
    band: int
    channel: int

    @property
    def centre(self) -> int:
        """The centre channel of its 80 MHz."""
        return self.channel // 16 * 16 + 7 if self.band == 6 else self.channel + 6

    def configuration(self) -> str:
        own = f"interface={self.name}\nchannel={self.channel}\n"
        return own + _COMMON + _BY_BAND[self.band].format(centre=self.centre)


APS = (Ap("ap2", 2, 6), Ap("ap5", 5, 36), Ap("ap5b", 5, 149), Ap("ap6", 6, 5))


def up() -> None:
    """Radios, a namespace for the access points, a bridge with DHCP behind them."""
    STATE.mkdir(exist_ok=True)
    _run("iw", "reg", "set", "DE")  # the US domain forbids starting an AP at 6 GHz
    _run("modprobe", "mac80211_hwsim", f"radios={len(APS) + 1}", "channels=1")
    _run("udevadm", "settle")
    _run("ip", "netns", "add", NAMESPACE)
    for words in ("link set lo up", "link add br0 type bridge", f"addr add {GATEWAY}/24 dev br0",
                  "link set br0 up"):  # fmt: skip
        _there("ip", *words.split())
    radios = sorted(Path("/sys/class/mac80211_hwsim").glob("hwsim*/ieee80211/phy*"), key=_number)
    for ap, radio in zip(APS, radios[1:], strict=True):
        _start(ap, radio.name)
        loudness(ap.name, -40)
    _there("dnsmasq", "--port=0", "--interface=br0", "--bind-interfaces",
           "--dhcp-range=10.99.0.10,10.99.0.99,1h", f"--dhcp-leasefile={STATE}/leases",
           f"--pid-file={STATE}/dnsmasq.pid")  # fmt: skip
    _there("iperf3", "--server", "--daemon", "--pidfile", f"{STATE}/iperf3.pid")


def loudness(name: str, dbm: int) -> None:
    """What the station hears of an access point from now on, -100..-1 dBm."""
    radio = (STATE / f"{name}.phy").read_text()
    path = Path(f"/sys/kernel/debug/ieee80211/{radio}/hwsim/rx_rssi")
    path.write_text(str(dbm % 2**64))  # the kernel reads an unsigned number


def down() -> None:
    for file in STATE.glob("*.pid"):
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(file.read_text().strip("\0\n ")), signal.SIGTERM)
    subprocess.run(["ip", "netns", "del", NAMESPACE], check=False)
    for _ in range(20):
        if subprocess.run(["modprobe", "-r", "mac80211_hwsim"], check=False).returncode == 0:
            break
        time.sleep(0.5)
    shutil.rmtree(STATE, ignore_errors=True)


def _start(ap: Ap, radio: str) -> None:
    (device,) = Path(f"/sys/class/ieee80211/{radio}/device/net").iterdir()
    _run("ip", "link", "set", device.name, "down")
    _run("ip", "link", "set", device.name, "name", ap.name)
    _run("iw", "phy", radio, "set", "netns", "name", NAMESPACE)
    (STATE / f"{ap.name}.phy").write_text(radio)
    configuration = STATE / f"{ap.name}.conf"
    configuration.write_text(ap.configuration())
    _there("hostapd", "-B", "-P", f"{STATE}/{ap.name}.pid", "-f", f"{STATE}/{ap.name}.log",
           str(configuration))  # fmt: skip
    # heard is the radio's rx_rssi plus the AP's transmit power: with 0 dBm the file is the signal
    _there("iw", "dev", ap.name, "set", "txpower", "fixed", "0")


def _number(path: Path) -> int:
    return int(path.name.removeprefix("phy"))


def _there(*command: str) -> None:
    _run("ip", "netns", "exec", NAMESPACE, *command)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main(words: list[str]) -> None:
    match words:
        case ["up"]:
            up()
        case ["signal", name, dbm]:
            loudness(name, int(dbm))
        case ["down"]:
            down()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
