"""The governor in the guest: installed from the wheel, run with a configuration, asked."""

from typing import Any

from lab.hwsim.guest import VENV, Guest, difference
from lab.hwsim.station import bssid, roam

CONFIG = "/etc/airsonde/airsonde.toml"
LOG = "/var/lib/airsonde/decisions.jsonl"
# A bash condition: a queue of the governor's stands at wlan0.
SHAPED = "tc qdisc show dev wlan0 | grep -q 'cake a150:'"
V3 = '[governor]\npreset = "v3"\n'
# Evidence of three scans is waited for as shortly as NetworkManager lets anybody scan.
EAGER = "[link.roaming]\nscan_weak_s = 9.0\nscan_idle_s = 9.0\n"


def roam_asked(address: str) -> str:
    """A bash condition, cheaper than asking the governor: it asked for this access point."""
    return f"grep '\"action\":\"roam\"' {LOG} | grep -q '{address}'"


# What the governor keeps while it is installed but does not run.
_OWN = ("file /var/lib/airsonde", "file /etc/airsonde")
Snapshot = dict[str, dict[str, str]]


class InstalledGovernor:
    """The service of the shipped unit."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest

    def install(self) -> None:
        """Unless it is: as a user does, from the wheel."""
        if self.guest.run("systemctl cat airsonde").status:
            self.guest.sh(f"{VENV}/bin/airsonde link install", limit_s=600)

    def uninstall(self) -> None:
        self.guest.run("airsonde link uninstall", limit_s=600)

    def run(self, config: str = "") -> None:
        """Start anew with this configuration."""
        self.stop()
        self.guest.sh(f"rm -f {LOG}*; mkdir -p /etc/airsonde; printf '%s' '{config}' >{CONFIG}")
        self.guest.sh("systemctl start airsonde")
        self.guest.until(SHAPED)

    def stop(self) -> None:
        self.guest.run("systemctl stop airsonde")

    def status(self) -> Any:
        return self.guest.rows("airsonde link status --json")

    def explain(self) -> Any:
        return self.guest.rows("airsonde link explain --json")

    def decisions(self, action: str) -> list[Any]:
        return [d for d in self.explain()["decisions"] if d.get("action") == action]

    def notes(self) -> list[str]:
        return [d["note"] for d in self.explain()["decisions"] if "note" in d]

    def left(self, before: Snapshot) -> list[str]:
        """What the stopped governor has changed for good, its own files apart."""
        rows = difference(before, self.guest.snapshot())
        return [row for row in rows if not row.startswith(_OWN)]


def hear(guest: Guest, **dbm: int) -> None:
    """Each access point at its level, the rest at -65 dBm."""
    for name in ("ap2", "ap5", "ap5b", "ap6"):
        guest.radios("signal", name, dbm.get(name, -65))


def stand_at(guest: Guest, name: str, **dbm: int) -> None:
    """The station is connected to this access point and hears every one as told."""
    hear(guest, **dbm)
    roam(guest, bssid(guest, name), limit_s=120)
