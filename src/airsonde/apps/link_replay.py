"""Run the link policies over a recorded trace: what they would do, and why."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, assert_never

from airsonde.apps.link_trace import Words, read_trace
from airsonde.core.ids import MacAddress, mac_text, parse_mac
from airsonde.link.governor import Standing, governor
from airsonde.link.model import (
    Direction,
    HandsOff,
    LinkAction,
    Reason,
    Roam,
    Scan,
    SetCoalescing,
    SetPowerSave,
    SetShaping,
)


def replay(file: BinaryIO, preset: str, *, explain: bool = False) -> Iterator[dict[str, Any]]:
    """The actions of a preset on a trace, in order, as records; a setting only when it changes.

    With `explain` every observation's actions are followed by the reasons of every policy.
    Raises ConfigError for an unknown preset and DecodeError where the trace is broken.
    """
    decide, standing = governor(preset), Standing()
    for words, obs in read_trace(file):
        for action in decide.step(obs):
            if standing.changes(action):
                yield {"t_ns": obs.t_ns, **action_record(action, words)}
        if explain:
            yield from _reasons(obs.t_ns, obs.ifname, decide.why())


def action_record(action: LinkAction, words: Words | None = None) -> dict[str, Any]:
    """One action as the public interface writes it; BSSIDs as `words` spells them."""
    return {"action": _NAMES[type(action)], "ifname": action.ifname, **_values(action, words)}


_NAMES = {
    SetShaping: "set_shaping",
    SetCoalescing: "set_coalescing",
    SetPowerSave: "set_power_save",
    Roam: "roam",
    Scan: "scan",
    HandsOff: "hands_off",
}


def _values(action: LinkAction, words: Words | None) -> dict[str, Any]:
    match action:
        case SetShaping(bandwidth_mbit=mbit, direction=direction):
            ingress = {"direction": "ingress"} if direction is Direction.INGRESS else {}
            return {"bandwidth_mbit": int(mbit) if mbit == int(mbit) else mbit, **ingress}
        case SetCoalescing(adaptive_rx=on):
            return {"adaptive_rx": on}
        case SetPowerSave(enabled=on):
            return {"enabled": on}
        case Roam(bssid=bssid):
            return {"bssid": _spelled(bssid, words)}
        case Scan() | HandsOff():
            return {}
    assert_never(action)


def _spelled(bssid: MacAddress, words: Words | None) -> str:
    written = (c.bssid for c in (words.candidates if words else None) or ())
    return next((text for text in written if parse_mac(text) == bssid), mac_text(bssid))


def _reasons(t_ns: int, ifname: str, reasons: Iterable[Reason]) -> Iterator[dict[str, Any]]:
    for reason in reasons:
        yield {
            "t_ns": t_ns,
            "reason": reason.policy,
            "ifname": ifname,
            "rule": reason.rule,
            "blocked_by": list(reason.blocked_by),
            "saw": dict(reason.saw),
        }
