"""How the mesh stands, out of the status of a coordinator or of a node, in the words of the API."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from airsonde.apps.agent.hub import Fields
from airsonde.apps.agent.provenance import Provenance, least_real

_LARGEST: Final = (1 << 53) - 1
_CALIBRATION: Final = "calibration"
_HALF: Final = 0.5
NOTHING: Final[Fields] = {
    "enabled": False,
    "role": "off",
    "reason": None,
    "told_ns": None,
    "origin": Provenance.LIVE.value,
    "node": None,
    "leads": False,
    "coordinator": None,
    "epoch": None,
    "level": None,
    "takes_unauthenticated": None,
    "refused": {},
    "unknown_magics": {},
    "rooms": [],
    "nodes": [],
    "links": [],
    "socket": None,
    "happenings": [],
}


def standing(
    role: str, status: Mapping[str, Any], rates: Mapping[str, float | None], told_ns: int
) -> Fields:
    """The whole; `rates` are bytes of raw CSI a second by node."""
    leads = "rooms" in status
    nodes = [_node(n, rates) for n in status["nodes"]] if leads else [_alone(status)]
    nodes.sort(key=lambda node: (node["room"] or "", node["node"]))
    rooms = [_room(room, nodes) for room in status["rooms"]] if leads else []
    rooms.sort(key=lambda room: room["room"])
    return NOTHING | {
        "enabled": True,
        "role": role,
        "told_ns": str(told_ns),
        "origin": least_real(_known(node["origin"] for node in nodes)).value,
        **{name: status.get(name) for name in ("node", "coordinator", "epoch", "level")},
        "leads": leads and status["leads"],
        "takes_unauthenticated": status.get("takes_unauthenticated"),
        "refused": {str(reason): number for reason, number in status["refused"].items()},
        "unknown_magics": status.get("unknown_magics", {}),
        "rooms": rooms,
        "nodes": nodes,
        "links": _links(status["node"], rooms, nodes) if leads else [],
        "socket": status.get("socket"),
    }


def happening(entry: Mapping[str, Any], unix_ns: int) -> Fields:
    """An entry of the event log; its clock plus `unix_ns` is Unix time."""
    words = {name: _sendable(value) for name, value in entry.items()}
    return {
        "told_ns": str(entry["t_ns"] + unix_ns),
        "event": words["event"],
        "room": words.get("room"),
        "node": words.get("node"),
        "words": {n: v for n, v in words.items() if n not in {"t_ns", "event", "room", "node"}},
    }


def planned(mesh: Fields) -> list[Fields]:
    """Who has which part in each room, of those that take orders."""
    return [
        {
            "room": room["room"],
            "anchor": room["anchor"],
            "channels": room["channels"],
            "roles": [
                {name: node[name] for name in ("node", "role", "channel")}
                for node in _led(mesh["nodes"], room["room"])
            ],
        }
        for room in mesh["rooms"]
    ]


def _node(node: Mapping[str, Any], rates: Mapping[str, float | None]) -> Fields:
    """A node as its coordinator knows it."""
    role, profile = node["role"], node["profile"]
    same = (
        *("node", "address", "room", "authenticated", "coordinator", "alive", "heard_ago_s"),
        *("messages", "channel", "pkt_yield", "clock_error_us", "raw_csi_bytes"),
    )
    return {
        **{name: node[name] for name in same},
        "origin": node.get("origin"),
        "role": None if role is None else str(role),
        "profile": str(profile),
        "calibrating": node.get("calibrating", False) or profile == _CALIBRATION,
        "presence_valid": node.get("presence_valid", False),
        "raw_csi_bytes_per_s": rates.get(node["node"]),
        "raw_csi_open": None if (rate := rates.get(node["node"])) is None else rate > 0,
        "state": None,
        "radio_refused": None,
    }


def _alone(status: Mapping[str, Any]) -> Fields:
    """A node as it knows itself."""
    same = ("node", "state", "role", "channel", "clock_error_us", "radio_refused")
    return {
        **{name: status.get(name) for name in same},
        **dict.fromkeys(("address", "room", "messages", "raw_csi_bytes", "raw_csi_bytes_per_s")),
        "authenticated": status.get("authenticated", False),
        "coordinator": False,
        "alive": True,
        "heard_ago_s": 0.0,
        "origin": status.get("origin"),
        "profile": status.get("profile"),
        "pkt_yield": status.get("pkt_yield"),
        "calibrating": status.get("state") == _CALIBRATION,
        "presence_valid": None,
        "raw_csi_open": status.get("raw_csi_open"),
    }


def _room(room: Mapping[str, Any], nodes: Iterable[Fields]) -> Fields:
    """A room, with a verdict that is unknown where nobody can say."""
    here = [n for n in nodes if n["room"] == room["room"] and not n["coordinator"]]
    alive = [node for node in here if node["alive"]]
    origins = _known(node["origin"] for node in alive or here)
    return {
        "busy": {},  # coordinators of before do not say it
        **room,
        "verdict": _verdict(room, tells=any(node["presence_valid"] for node in alive)),
        "origin": least_real(origins).value if origins else None,
        "nodes": len(here),
        "alive": len(alive),
        "calibrating": sum(node["calibrating"] for node in alive),
    }


def _verdict(room: Mapping[str, Any], *, tells: bool) -> str:
    """Empty is said only where a node can tell, and what they say together is not on its way up."""
    if not room["fresh_nodes"]:
        return "unknown"
    if room["moving"]:
        return "moving"
    if room["occupied"]:
        return "occupied"
    return "empty" if tells and room["presence"] < _HALF else "unknown"


def _links(own: str, rooms: Sequence[Fields], nodes: Sequence[Fields]) -> list[Fields]:
    """Who reports to the coordinator, and who follows the clock of its room's anchor."""
    found = [
        {"from": node["node"], "to": own, "kind": "reports", "alive": node["alive"]}
        | {"error_us": None}
        for node in nodes
    ]
    for room in rooms:
        anchor = room["anchor"]
        found += [
            {"from": anchor, "to": node["node"], "kind": "clock", "alive": True}
            | {"error_us": node["clock_error_us"]}
            for node in _led(nodes, room["room"])
            if anchor not in {None, node["node"]} and node["clock_error_us"] is not None
        ]
    return found


def _led(nodes: Iterable[Fields], room: str) -> list[Fields]:
    return [
        node
        for node in nodes
        if node["room"] == room
        and node["authenticated"]
        and node["alive"]
        and not node["coordinator"]
    ]


def _known(origins: Iterable[str | None]) -> list[Provenance]:
    return [Provenance(origin) for origin in origins if origin is not None]


def _sendable(value: Any) -> Any:
    """What JavaScript cannot hold as text."""
    return str(value) if isinstance(value, int) and abs(value) > _LARGEST else value
