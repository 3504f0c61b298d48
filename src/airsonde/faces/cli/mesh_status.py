"""`airsonde mesh status`: what a running coordinator or node knows."""

from pathlib import Path
from typing import Any

import click

from airsonde.apps.mesh.folders import state_folder
from airsonde.apps.mesh.status import read_status
from airsonde.faces.cli.output import print_json


@click.command()
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), help="Its folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(state: Path | None, as_json: bool) -> None:
    """Show how the coordinator of this machine stands, or the program with that --state."""
    standing = read_status(state or state_folder("coordinator"))
    if as_json:
        print_json(standing)
        return
    for line in _lines(standing):
        click.echo(line)


def _lines(standing: dict[str, Any]) -> list[str]:
    if "rooms" not in standing:
        return [f"{name}: {_word(value)}" for name, value in standing.items()]
    leader = "leads" if standing["leads"] else f"follows {_word(standing['coordinator'])}"
    lines = [f"coordinator {standing['node']} {leader}, epoch {standing['epoch']}"]
    if standing["level"] != "enforcing":
        lines.append(f"PERMISSIVE: orders are obeyed without proof (level {standing['level']})")
    lines += [_room(room) for room in standing["rooms"]]
    lines += [_node(node) for node in standing["nodes"]]
    if standing["refused"]:
        told = ", ".join(f"{count} {reason}" for reason, count in standing["refused"].items())
        lines.append(f"refused: {told}")
    return lines


def _room(room: dict[str, Any]) -> str:
    verdict = "occupied" if room["occupied"] else "not occupied"
    moving = ", moving" if room["moving"] else ""
    numbers = " ".join(f"{n} {_word(room[n])}" for n in ("presence", "motion", "confidence"))
    return f"room {room['room']}: {verdict}{moving}  {numbers}  nodes {room['fresh_nodes']}"


def _node(node: dict[str, Any]) -> str:
    words = [f"  {node['node']}", node["address"], _word(node["role"]), node["profile"]]
    words += [f"channel {_word(node['channel'])}", f"{_word(node['pkt_yield'])} packets/s"]
    words.append(f"heard {node['heard_ago_s']:.1f} s ago" if node["alive"] else "DEAD")
    if node.get("origin") in {"replay", "simulated"}:
        words.append(node["origin"].upper())
    if not node["authenticated"]:
        words.append("NOT AUTHENTICATED")
    return "  ".join(map(str, words))


def _word(value: Any) -> str:
    return "unknown" if value is None else str(value)
