"""`airsonde mesh plan`: what the planner would change now, said and not done."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from airsonde.apps.mesh.folders import state_folder
from airsonde.apps.mesh.status import read_status
from airsonde.core.errors import ConfigError
from airsonde.faces.cli.output import print_json
from airsonde.mesh.model import CaptureProfile, NodeRole, parse_node_id
from airsonde.mesh.planner import NodeView, PlanAction, Planner, RoomView


@click.command()
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), help="Its folder.")
@click.option("--channels", metavar="N,N,…", help="Instead of those the coordinator was given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(state: Path | None, channels: str | None, as_json: bool) -> None:
    """Plan the rooms of the running coordinator anew, and print what that would change.

    Nothing is sent. One observer moves at a time, so of several moves only the first is named.
    """
    standing = read_status(state or state_folder("coordinator"))
    if "rooms" not in standing:
        raise ConfigError("that is the status of a node; name the coordinator's --state")
    planned = [
        {"room": room["room"], "action": type(action).__name__.lower(), **_words(action)}
        for room in standing["rooms"]
        for action in Planner().step(_view(standing, room, channels))
    ]
    if as_json:
        print_json(planned)
        return
    for one in planned:
        click.echo(" ".join(f"{name}={value}" for name, value in one.items()))
    if not planned:
        click.echo("everything stands as planned")


def _view(standing: dict[str, Any], room: dict[str, Any], channels: str | None) -> RoomView:
    nodes = [
        NodeView(
            node=parse_node_id(node["node"]),
            role=NodeRole[node["role"].upper()],
            channel=node["channel"] or 0,
            profile=CaptureProfile[node["profile"].upper()],
            sync_error_us=65_535 if node["clock_error_us"] is None else node["clock_error_us"],
        )
        for node in standing["nodes"]
        if node["room"] == room["room"] and _plannable(node)
    ]
    allowed = room["channels"] if channels is None else _channels(channels)
    return RoomView(t_ns=0, nodes=nodes, busy=dict.fromkeys(allowed, 0.0))


def _plannable(node: dict[str, Any]) -> bool:
    known = isinstance(node["role"], str) and isinstance(node["profile"], str)
    return bool(node["authenticated"] and node["alive"] and not node["coordinator"] and known)


def _channels(text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise ConfigError(f"{text!r} is no list of channels such as 1,6,11") from None


def _words(action: PlanAction) -> dict[str, Any]:
    words: dict[str, Any] = {}
    for name, value in asdict(action).items():
        if isinstance(value, bytes):
            words[name] = value.hex()
        elif isinstance(value, NodeRole | CaptureProfile):
            words[name] = value.name.lower()
        else:
            words[name] = value
    return words
