"""Simulated Wi-Fi, run in the guest as root: one network of four access points and a station.

python3 -m lab.hwsim.inside.radios COMMAND

    up                the access points, in the namespace "air"; wlan0 for NetworkManager
    near              the station hears every access point well
    signal AP DBM     what the station hears of that access point from now on (-100..-1)
    fade SECONDS AP…  their signals wander around -60 dBm, a step a second
    stop AP, start AP its hostapd goes and comes
    secret AP WORD    that access point asks for another passphrase from now on
    plug              one more radio for NetworkManager; prints its number and interface
    unplug NUMBER
    backend NAME      wpa_supplicant or iwd serves NetworkManager

Behind the access points stands a bridge, 10.99.0.1/24, with DHCP and an iperf3 server.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.hwsim.inside import hwsim

SSID = "labnet"
PASSPHRASE = "labsecret1"
GATEWAY = "10.99.0.1"
NAMESPACE = "air"
NEAR_DBM = -40
# Shadowing: how far levels stray, and how much of a second's is left in the next.
FADE_DBM, FADE_DB, FADE_KEPT = -60, 4.0, 0.9

_RUN = Path("/run/hwsim")
_CLASS = Path("/sys/class/mac80211_hwsim")
_AIR = ("ip", "netns", "exec", NAMESPACE)
_NM_BACKEND = Path("/etc/NetworkManager/conf.d/backend.conf")
_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """One hostapd; `band` is 2, 5 or 6 (GHz), `channel` the primary one."""

    name: str
    band: int
    channel: int


ACCESS_POINTS = (
    AccessPoint(name="ap2", band=2, channel=6),
    AccessPoint(name="ap5", band=5, channel=36),
    AccessPoint(name="ap5b", band=5, channel=149),
    AccessPoint(name="ap6", band=6, channel=5),
)

_COMMON = f"""\
bridge=br0
driver=nl80211
ctrl_interface={_RUN}/ctl
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
_2_GHZ = """\
hw_mode=g
wpa_key_mgmt=WPA-PSK
ht_capab=[SHORT-GI-20]
"""
_5_GHZ = """\
hw_mode=a
wpa_key_mgmt=WPA-PSK
ht_capab=[HT40+][SHORT-GI-20][SHORT-GI-40]
vht_capab=[SHORT-GI-80]
ieee80211ac=1
vht_oper_chwidth=1
vht_oper_centr_freq_seg0_idx={centre}
ieee80211ax=1
he_oper_chwidth=1
he_oper_centr_freq_seg0_idx={centre}
"""
_6_GHZ = """\
hw_mode=a
wpa_key_mgmt=SAE
ieee80211w=2
sae_pwe=2
ieee80211ax=1
op_class=133
he_oper_chwidth=1
he_oper_centr_freq_seg0_idx={centre}
"""


def up() -> None:
    _RUN.mkdir()
    run("iw", "reg", "set", "DE")  # the world domain and US forbid an access point at 6 GHz
    run("modprobe", "mac80211_hwsim", f"radios={len(ACCESS_POINTS) + 1}", "channels=1")
    run("udevadm", "settle")
    run("ip", "netns", "add", NAMESPACE)
    air("ip", "link", "set", "lo", "up")
    air("ip", "link", "add", "br0", "type", "bridge")
    air("ip", "address", "add", f"{GATEWAY}/24", "dev", "br0")
    air("ip", "link", "set", "br0", "up")
    radios = sorted(_CLASS.iterdir(), key=lambda path: int(path.name.removeprefix("hwsim")))
    for point, radio in zip(ACCESS_POINTS, radios[1:], strict=True):
        move_into_air(point, radio)
        start(point.name)
    leases = ("-F", "10.99.0.10,10.99.0.99,1h", "-l", f"{_RUN}/leases")
    air(
        "dnsmasq", "-x", f"{_RUN}/dnsmasq.pid", "-i", "br0", "--bind-interfaces", "-p", "0", *leases
    )
    air("iperf3", "-s", "-D", "-I", f"{_RUN}/iperf3.pid")


def move_into_air(point: AccessPoint, radio: Path) -> None:
    phy, ifname = only_entry(radio / "ieee80211"), only_entry(radio / "net")
    run("ip", "link", "set", ifname, "down")
    run("ip", "link", "set", ifname, "name", point.name)
    run("iw", "phy", phy, "set", "netns", "name", NAMESPACE)
    (_RUN / f"{point.name}.phy").write_text(phy)
    (_RUN / f"{point.name}.conf").write_text(hostapd_settings(point))


def hostapd_settings(point: AccessPoint) -> str:
    """hostapd.conf; a wide channel is given by the number of its centre (IEEE 802.11, Annex E)."""
    own = f"interface={point.name}\nchannel={point.channel}\n"
    match point.band:
        case 2:
            return _COMMON + own + _2_GHZ
        case 5:
            return _COMMON + own + _5_GHZ.format(centre=point.channel + 6)
        case _:
            return _COMMON + own + _6_GHZ.format(centre=point.channel // 16 * 16 + 7)


def start(name: str) -> None:
    files = {kind: f"{_RUN}/{name}.{kind}" for kind in ("pid", "log", "conf")}
    air("hostapd", "-B", "-P", files["pid"], "-f", files["log"], files["conf"])
    # The station hears rx_rssi plus the transmitter's power: at 0 dBm rx_rssi alone.
    air("iw", "dev", name, "set", "txpower", "fixed", "0")
    set_signal(name, NEAR_DBM)


def stop(name: str) -> None:
    end_process(_RUN / f"{name}.pid")


def set_signal(name: str, dbm: int | str) -> None:
    phy = (_RUN / f"{name}.phy").read_text()
    unsigned = int(dbm) % 2**64  # the kernel refuses a minus sign here
    Path(f"/sys/kernel/debug/ieee80211/{phy}/hwsim/rx_rssi").write_text(str(unsigned))


def near() -> None:
    for point in ACCESS_POINTS:
        set_signal(point.name, NEAR_DBM)


def fade(seconds: str, *names: str) -> None:
    """Let levels wander as a first-order autoregressive process, the same at every call."""
    levels, chance = dict.fromkeys(names, 0.0), random.Random(1)
    for _ in range(int(seconds)):
        for name in names:
            fresh = chance.gauss(0.0, FADE_DB * (1 - FADE_KEPT**2) ** 0.5)
            levels[name] = FADE_KEPT * levels[name] + fresh
            set_signal(name, round(FADE_DBM + levels[name]))
        time.sleep(1)


def secret(name: str, word: str) -> None:
    conf = _RUN / f"{name}.conf"
    conf.write_text(re.sub("wpa_passphrase=.*", f"wpa_passphrase={word}", conf.read_text()))
    stop(name)
    start(name)


def plug() -> dict[str, object]:
    number = hwsim.new_radio()
    network = _CLASS / f"hwsim{number}" / "net"
    wait_until(lambda: network.is_dir() and any(network.iterdir()), f"interface of {number}")
    run("udevadm", "settle")
    return {"number": number, "ifname": only_entry(network)}


def unplug(number: str) -> None:
    hwsim.delete_radio(int(number))


def backend(name: str) -> None:
    """Change who serves NetworkManager.

    wlan0 is made anew: the kernel takes away one that iwd made, some time after iwd ended.
    """
    phy = only_entry(_CLASS / "hwsim0" / "ieee80211")
    run("systemctl", "stop", "NetworkManager", "wpa_supplicant", "iwd")
    _NM_BACKEND.write_text(f"[device]\nwifi.backend={name}\n")
    subprocess.run(["iw", "dev", "wlan0", "del"], capture_output=True, check=False)
    run("iw", "phy", phy, "interface", "add", "wlan0", "type", "managed")
    if name == "iwd":
        run("systemctl", "start", "iwd")
    run("systemctl", "start", "NetworkManager")


def end_process(pid_file: Path) -> None:
    """Ask the process to end and wait for it; iperf3 ends its number with a NUL byte."""
    pid = int(pid_file.read_text().strip("\0\n"))
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), f"end of process {pid}")
    pid_file.unlink(missing_ok=True)


def only_entry(folder: Path) -> str:
    (entry,) = folder.iterdir()
    return entry.name


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"radios: waited {_LIMIT_S:.0f} s for {what}")
        time.sleep(0.05)


def air(*words: str) -> None:
    run(*_AIR, *words)


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"radios: {' '.join(words)}: {done.stdout}{done.stderr}")


_COMMANDS: dict[str, Callable[..., object]] = {
    "up": up,
    "near": near,
    "signal": set_signal,
    "fade": fade,
    "secret": secret,
    "start": start,
    "stop": stop,
    "plug": plug,
    "unplug": unplug,
    "backend": backend,
}


def main() -> None:
    command, *arguments = sys.argv[1:] or [""]
    if command not in _COMMANDS:
        sys.exit(__doc__)
    answer = _COMMANDS[command](*arguments)
    if answer is not None:
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
