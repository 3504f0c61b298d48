"""The daemon's answers as lines for people."""

from collections.abc import Iterator
from typing import Any

_KNOWN = {"at", "t_ns", "ifname", "outcome", "because", "action", "note"}


def status_lines(status: dict[str, Any]) -> Iterator[str]:
    """The status as one block a interface, then what was changed and decided."""
    dry = ", dry run" if status["dry_run"] else ""
    yield f"airsonde {status['version']}, preset {status['preset']}{dry}"
    for name, interface in status["interfaces"].items():
        yield from _interface_lines(name, interface)
    yield f"changed: {len(status['changed'])} settings, {len(status['files'])} files"
    for refused in status["refused"]:
        yield f"refused: {' '.join(refused['what'])}: {refused['reason']}"
    for missing in [*status["missing"], *status["complaints"]]:
        yield f"missing: {missing}"
    if status["decisions"]:
        yield "last decisions:"
    for decision in status["decisions"][-8:]:
        yield f"  {decision_line(decision)}"


def _interface_lines(name: str, told: dict[str, Any]) -> Iterator[str]:
    state = {True: "connected", False: "not connected", None: "state unknown"}[told["connected"]]
    words = [name, told["kind"], told["driver"] or "unknown driver", state]
    yield "  ".join(words)
    if told["ap"]:
        ap = told["ap"]
        yield f"  access point {ap['bssid']} {ap['ssid'] or '(hidden)'}  " + _measures(
            (ap["freq_mhz"], "MHz"), (ap["signal_dbm"], "dBm"), (told["bitrate_mbit"], "Mbit/s")
        )
    delay = told["delay"]
    yield "  delay: " + _measures(
        (delay["air_ms"], "ms air"),
        (delay["queue_ms"], "ms own queue"),
        (delay["wan_ms"], "ms beyond the gateway"),
    )


def _measures(*pairs: tuple[float | None, str]) -> str:
    known = [f"{value:.4g} {unit}" for value, unit in pairs if value is not None]
    return ", ".join(known) or "unknown"


def decision_line(decision: dict[str, Any]) -> str:
    """One decision: when, what, what became of it, why."""
    head = f"{decision['at'][11:23]} {decision['ifname'] or 'host'}"
    if "note" in decision:
        return f"{head} {decision['note']}"
    because = decision.get("because")
    why = f" — {because['policy']}: {reason_text(because)}" if because else ""
    if "action" not in decision:
        return f"{head}{why}"
    values = " ".join(f"{k}={v}" for k, v in decision.items() if k not in _KNOWN)
    return f"{head} {decision['action']} {values}".rstrip() + f": {decision['outcome']}{why}"


def reason_text(reason: dict[str, Any]) -> str:
    """The rule, what stood against more, and what was seen."""
    blocked = f"; blocked by: {', '.join(reason['blocked_by'])}" if reason["blocked_by"] else ""
    seen = ", ".join(f"{k} {_short(v)}" for k, v in reason["saw"].items() if v is not None)
    return f"{reason['rule']}{blocked}" + (f" ({seen})" if seen else "")


def _short(value: Any) -> Any:
    return f"{value:.4g}" if isinstance(value, float) else value
