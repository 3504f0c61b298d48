"""The guest's station wlan0, seen and moved the way a person with a terminal would."""

import re
from dataclasses import dataclass

from lab.hwsim.guest import Guest
from lab.hwsim.inside.radios import GATEWAY, PASSPHRASE, SSID

PROFILE = "lab"

# A bash condition: the gateway answers.
REPLY = f"ping -c 1 -W 1 {GATEWAY}"

_SUPPLICANT = "fi.w1.wpa_supplicant1"
_PING_REPLY = re.compile(r"^\d+ bytes from .*icmp_seq=(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What nl80211 says of the association; None fields: not associated."""

    bssid: str | None
    mhz: int | None
    dbm: int | None


def connect(guest: Guest) -> None:
    """Connect wlan0 with a profile of its own, unless it is; every access point is near."""
    guest.radios("near")
    if guest.run(f"nmcli -g GENERAL.STATE device show wlan0 | grep -q 100 && {REPLY}").status == 0:
        return
    if PROFILE not in guest.sh("nmcli -g NAME connection show").splitlines():
        guest.sh(
            f"nmcli connection add type wifi ifname wlan0 con-name {PROFILE} ssid {SSID} "
            f"wifi-sec.key-mgmt wpa-psk wifi-sec.psk {PASSPHRASE} ipv6.method disabled"
        )
    guest.until(f"nmcli -w 60 connection up {PROFILE}", limit_s=240)
    guest.until(REPLY)


def link(guest: Guest) -> Link:
    """What the station is associated with now."""
    text = guest.sh("iw dev wlan0 link")
    bssid = re.search(r"Connected to (\S+)", text)
    mhz = re.search(r"freq: (\d+)", text)
    dbm = re.search(r"signal: (-?\d+)", text)
    return Link(bssid=bssid and bssid[1], mhz=mhz and int(mhz[1]), dbm=dbm and int(dbm[1]))


def bssid(guest: Guest, name: str) -> str:
    """The address of an access point."""
    return guest.air(f"cat /sys/class/net/{name}/address").strip()


def active_bssid(guest: Guest) -> str:
    """The access point that NetworkManager believes in; empty for none."""
    rows = guest.sh("nmcli -t -e no -f ACTIVE,BSSID device wifi list ifname wlan0 --rescan no")
    active = [row.partition(":")[2] for row in rows.splitlines() if row.startswith("yes:")]
    return "".join(active).lower()


def scan(guest: Guest) -> set[str]:
    """Scan and answer the addresses of the network's access points that NetworkManager lists."""
    rows = guest.sh("nmcli -t -e no -f SSID,BSSID device wifi list ifname wlan0 --rescan yes")
    return {row.partition(":")[2].lower() for row in rows.splitlines() if row.startswith(SSID)}


def roam(guest: Guest, address: str, *, limit_s: float = 30.0) -> None:
    """Have the supplicant move to an access point, and wait until the handshake is done."""
    if link(guest).bssid == address:
        return
    words = f"call {_SUPPLICANT} /fi/w1/wpa_supplicant1 {_SUPPLICANT} GetInterface s wlan0"
    path = guest.rows(f"busctl --json=short {words}")["data"][0]
    guest.sh(f"busctl call {_SUPPLICANT} {path} {_SUPPLICANT}.Interface Roam s {address}")
    authorized = f"iw dev wlan0 station get {address} | grep -q 'authorized:.*yes'"
    guest.until(authorized, limit_s=limit_s)


def carried_bytes(guest: Guest, name: str) -> int:
    """What an access point has sent and received since it came."""
    counters = f"/sys/class/net/{name}/statistics"
    return sum(map(int, guest.air(f"cat {counters}/rx_bytes {counters}/tx_bytes").split()))


def lost_pings(output: str, sent: int) -> int:
    """How many of the pings that were sent no reply is printed for."""
    return sent - len(set(_PING_REPLY.findall(output)))
