"""`airsonde top`: the sources, rooms and last events of a running agent, as they change."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from airsonde.core.errors import DriverError
from airsonde.drivers.transport.api import get_json

_EVERY_S: Final = 1.0
_EVENTS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the API says at one time."""

    health: dict[str, Any]
    sources: list[dict[str, Any]]
    rooms: list[dict[str, Any]]
    events: list[dict[str, Any]]


@click.command()
@click.option("--url", default="http://127.0.0.1:8787", show_default=True, help="The agent's.")
@click.option("--token-file", type=click.Path(path_type=Path, exists=True), help="Read it here.")
@click.option("--once", is_flag=True, help="Print one picture and end.")
def top(url: str, token_file: Path | None, once: bool) -> None:
    """Show sources, rooms and the last events of a running agent, once a second until Ctrl-C."""
    token = token_file.read_text("ascii").strip() if token_file else None
    base, console = url.rstrip("/") + "/api/v1", Console()
    first = _look(base, token)
    if once or not console.is_terminal:
        console.print(_drawn(first))
    else:
        _follow(console, base, token, first)


def _follow(console: Console, base: str, token: str | None, first: Picture) -> None:
    """Draw until Ctrl-C; an agent that is away is waited for, and said to be."""
    last = first
    drawn = Live(_drawn(last), console=console, screen=True, auto_refresh=False)
    with suppress(KeyboardInterrupt), drawn as live:
        while True:
            time.sleep(_EVERY_S)
            try:
                last = _look(base, token)
                live.update(_drawn(last), refresh=True)
            except DriverError as e:
                away = Text(f"STALE: {e}", style="bold red")
                live.update(Group(away, _drawn(last)), refresh=True)


def _look(base: str, token: str | None) -> Picture:
    return Picture(
        health=get_json(f"{base}/health", token),
        sources=get_json(f"{base}/sources", token)["items"],
        rooms=get_json(f"{base}/rooms", token)["items"],
        events=get_json(f"{base}/events?limit={_EVENTS}", token)["items"],
    )


def _drawn(picture: Picture) -> Group:
    health = picture.health
    head = (
        f"airsonde {health['version']}  {health['status']}  up {health['uptime_s']:.0f} s  "
        f"{_number(health['rss_mb'], '.0f')} MB  {health['origin'].upper()}"
    )
    problems = [Text(f"! {p['reason']}", style="yellow") for p in health["problems"]]
    return Group(
        Text(head, style="bold"),
        *problems,
        _table("room presence sure moving breaths/min", [_room(r) for r in picture.rooms]),
        _table("source origin state frames/s frames lost", [_source(s) for s in picture.sources]),
        _table("at event room source sure", [_event(e) for e in picture.events]),
    )


def _table(columns: str, rows: list[tuple[str, ...]]) -> Table:
    table = Table(*columns.split(), box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _room(room: dict[str, Any]) -> tuple[str, ...]:
    stale = " (stale)" if room["stale"] else ""
    moving = {True: "yes", False: "no", None: "?"}[room["moving"]]
    sure, breaths = _number(room["confidence"], ".0%"), _number(room["breathing_bpm"], ".1f")
    return room["room"], room["presence"].upper() + stale, sure, moving, breaths


def _source(source: dict[str, Any]) -> tuple[str, ...]:
    return (
        source["source_id"],
        source["origin"].upper(),
        source["state"],
        _number(source["rate_hz"], ".0f"),
        str(source["frames"]),
        _number(source["lost"], "d"),
    )


def _event(event: dict[str, Any]) -> tuple[str, ...]:
    at = datetime.fromtimestamp(int(event["told_ns"]) / 1e9, UTC).astimezone()
    sure = _number(event["confidence"], ".0%")
    return at.strftime("%H:%M:%S"), event["kind"], event["room"], event["source_id"], sure


def _number(value: float | None, form: str) -> str:
    """Formatted; a question mark where it is unknown."""
    return "?" if value is None else format(value, form)
