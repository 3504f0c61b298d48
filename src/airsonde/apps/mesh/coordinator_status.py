"""What a coordinator knows, as plain values for JSON; unknown is null."""

from typing import Any

from airsonde.apps.mesh.coordinator import MeshCoordinator
from airsonde.apps.mesh.room_desk import RoomDesk
from airsonde.apps.mesh.roster import NodeEntry
from airsonde.mesh.model import CaptureProfile, NodeRole, QualityFlag


def coordinator_status(coordinator: MeshCoordinator, now_ns: int) -> dict[str, Any]:
    election, endpoint = coordinator.election, coordinator.endpoint
    magics = endpoint.unknown_magics
    return {
        "node": coordinator.node.hex(),
        "leads": election.leads,
        "coordinator": election.leader.hex() if election.leader else None,
        "epoch": endpoint.fence.epoch,
        "level": endpoint.policy.level.value,
        "takes_unauthenticated": endpoint.policy.take_unproven,
        "refused": {str(reason): count for reason, count in endpoint.refused.items()},
        "unknown_magics": {f"{magic:08x}": count for magic, count in magics.known.items()},
        "rooms": [_room(desk, now_ns) for desk in coordinator.rooms.values()],
        "nodes": [_node(entry, now_ns) for entry in coordinator.roster],
    }


def _room(desk: RoomDesk, now_ns: int) -> dict[str, Any]:
    fused = desk.fused
    anchor = desk.planner.anchor
    numbers = ("presence", "motion", "confidence", "proven")
    said = {
        name: None if fused is None or getattr(fused, name) is None
        else round(getattr(fused, name), 4)
        for name in numbers
    }  # fmt: skip
    said["authenticated"] = said.pop("proven")
    return {
        "room": desk.name,
        **said,
        "occupied": fused.occupied if fused else None,
        "moving": fused.moving if fused else None,
        "fresh_nodes": fused.fresh_nodes if fused else 0,
        "anchor": anchor.hex() if anchor else None,
        "channels": list(desk.channels),
        "busy": {str(channel): round(share, 3) for channel, share in desk.survey.known(now_ns)},
    }


def _node(entry: NodeEntry, now_ns: int) -> dict[str, Any]:
    health = entry.health
    role = health.role if health else None
    return {
        "node": entry.name,
        "address": f"{entry.address[0]}:{entry.address[1]}",
        "room": entry.room,
        "authenticated": entry.proven,
        "origin": entry.origin,
        "coordinator": entry.coordinator,
        "alive": not entry.dead,
        "heard_ago_s": round((now_ns - entry.heard_ns) / 1e9, 3),
        "messages": entry.messages,
        "raw_csi_bytes": entry.raw_bytes,
        "role": NodeRole(role).name.lower() if role is not None and role < len(NodeRole) else role,
        "profile": _profile(entry.mode),
        "calibrating": bool(entry.flags & QualityFlag.CALIBRATING),
        "presence_valid": bool(entry.flags & QualityFlag.PRESENCE_VALID),
        "channel": health.channel or None if health else None,
        "pkt_yield": health.pkt_yield if health else None,
        "clock_error_us": entry.sync_error_us,
    }


def _profile(mode: int) -> str | int:
    return CaptureProfile(mode).name.lower() if mode < len(CaptureProfile) else mode
