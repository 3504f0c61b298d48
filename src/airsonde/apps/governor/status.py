"""What the daemon says of itself: how every interface stands, why, and what was decided last."""

from typing import Any

from airsonde import __version__
from airsonde.apps.governor.applier import Applier
from airsonde.apps.governor.daemon import Daemon
from airsonde.apps.governor.decisions import reason_record
from airsonde.core.ids import mac_text
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.journal_record import Entry
from airsonde.link.model import Bss, Observation

LATEST = 20


class Answers:
    """Answers for the status socket."""

    def __init__(self, daemon: Daemon, journal: Journal | None) -> None:
        self._daemon = daemon
        self._journal = journal

    def __call__(self, asked: str) -> dict[str, Any]:
        match asked:
            case "status":
                return self.status()
            case "explain":
                return self.explain()
            case _:
                return {"error": "ask for status, explain or observations"}

    def status(self) -> dict[str, Any]:
        daemon = self._daemon
        acting = daemon.acting
        return {
            "version": __version__,
            "preset": daemon.settings.governor.preset,
            "dry_run": not isinstance(acting, Applier),
            "interfaces": {name: self._interface(obs) for name, obs in daemon.latest.items()},
            "changed": [
                {"kind": e.kind, "target": e.target, "before": e.before, "now": e.ours[-1]}
                for e in self._entries()
                if e.kind != "file"
            ],
            "files": [e.target for e in self._entries() if e.kind == "file"],
            "refused": [
                {"what": list(map(str, key)), "reason": reason}
                for key, reason in (acting.refused.items() if isinstance(acting, Applier) else ())
                if isinstance(key, tuple)
            ],
            "missing": list(daemon.host.missing.values()),
            "complaints": [c for c in (daemon.log.complaint, daemon.acting.complaint) if c],
            "decisions": list(daemon.log.latest)[-LATEST:],
        }

    def explain(self) -> dict[str, Any]:
        """Why every policy stands as it does, and all decisions in memory."""
        log = self._daemon.log
        return {
            "reasons": {n: [reason_record(r) for r in rs] for n, rs in log.reasons.items()},
            "decisions": list(log.latest),
        }

    def _entries(self) -> tuple[Entry, ...]:
        return () if self._journal is None else self._journal.entries

    def _interface(self, obs: Observation) -> dict[str, Any]:
        sight = self._daemon.observer.sights.get(obs.ifname)
        return {
            "kind": obs.kind,
            "driver": obs.driver,
            "connected": obs.connected,
            "ap": None if obs.ap is None else _bss(obs.ap),
            "bitrate_mbit": obs.bitrate_mbit,
            "channel_busy": obs.channel_busy,
            "on_battery": obs.on_battery,
            "delay": delays(
                obs, sight.tin_delay_ms if sight else None, self._daemon.gateway_ms.get(obs.ifname)
            ),
            "candidates": len(obs.candidates),
            "actions": dict(self._daemon.log.actions.get(obs.ifname, {})),
            "t_ns": obs.t_ns,
        }


def delays(obs: Observation, queue_ms: float | None, gateway_ms: float | None) -> dict[str, Any]:
    """Where time is lost, in ms: in the air, in our own queue, beyond the gateway."""
    wan = None
    if obs.tcp_delay_ms is not None:
        wan = max(0.0, obs.tcp_delay_ms - (gateway_ms or 0.0))
    return {"air_ms": gateway_ms, "queue_ms": queue_ms, "wan_ms": wan}


def _bss(bss: Bss) -> dict[str, Any]:
    return {
        "bssid": mac_text(bss.bssid),
        "ssid": bss.ssid,
        "freq_mhz": bss.freq_mhz,
        "signal_dbm": bss.signal_dbm,
    }
