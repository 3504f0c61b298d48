"""`airsonde status`: how a running agent is."""

from pathlib import Path
from typing import Any

import click

from airsonde.drivers.transport.api import get_json
from airsonde.faces.cli.output import print_json


@click.command()
@click.option("--url", default="http://127.0.0.1:8787", show_default=True, help="The agent's.")
@click.option("--token-file", type=click.Path(path_type=Path, exists=True), help="Read it here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(url: str, token_file: Path | None, as_json: bool) -> None:
    """Show the sources and rooms of a running agent; exit 1 when something is wrong."""
    token = token_file.read_text("ascii").strip() if token_file else None
    base = url.rstrip("/") + "/api/v1"
    health = get_json(f"{base}/health", token)
    sources = get_json(f"{base}/sources", token)["items"]
    rooms = get_json(f"{base}/rooms", token)["items"]
    if as_json:
        print_json({"health": health, "sources": sources, "rooms": rooms})
    else:
        _show(health, sources, rooms)
    if health["status"] != "ok":
        raise click.exceptions.Exit(1)


def _show(health: dict[str, Any], sources: list[Any], rooms: list[Any]) -> None:
    click.echo(
        f"{health['status']}, airsonde {health['version']}, up {health['uptime_s']:.0f} s, "
        f"{health['origin'].upper()}"
    )
    for source in sources:
        rate = f" {source['rate_hz']:.0f}/s" if source["rate_hz"] else ""
        reason = f": {source['reason']}" if source["reason"] else ""
        click.echo(
            f"  {source['source_id']}  {source['origin']}  {source['state']}{rate}  "
            f"{source['frames']} frames{reason}"
        )
    for part in health["parts"]:
        if part["name"] != "http":
            reason = f": {part['reason']}" if part["reason"] else ""
            click.echo(f"  {part['name']}  {part['state']}{reason}")
    for room in rooms:
        sure = "" if room["confidence"] is None else f" ({room['confidence']:.0%})"
        click.echo(f"  {room['room']}: {room['presence'].upper()}{sure}")
