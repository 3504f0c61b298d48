"""`airsonde memory search`: say when it was last like this."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from airsonde.apps.memory import Hit, capture_embedding, search_like
from airsonde.apps.memory import search as search_memory
from airsonde.csi.embedding import ENCODER
from airsonde.csi.memory import RfMemory
from airsonde.faces.cli.memory_options import (
    opened,
    store_option,
    time_text,
    where_of,
    where_options,
)
from airsonde.faces.cli.output import print_json


@click.command()
@click.argument("like", metavar="CAPTURE|ID")
@click.option("-k", "--k", type=click.IntRange(1), default=5, show_default=True, help="How many.")
@where_options
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def search(like: str, k: int, store_address: str | None, as_json: bool, **options: Any) -> None:
    """Find the windows most like CAPTURE (the mean of its windows) or like the memory ID.

    Scores are cosines: 1 is the same. The times are those of the sources' clocks.
    """
    with opened(store_address) as store:
        hits = _found(store, like, k, options)
    if as_json:
        print_json({"neighbours": [_fields(hit) for hit in hits], "last_t_ns": _last(hits)})
        return
    for hit in hits:
        memory = hit.record.memory
        where = f"{memory.room or 'no room'}, {memory.source}"
        click.echo(f"{hit.score:7.4f}  {time_text(memory.t_ns)}  #{hit.record.memory_id}  {where}")
    last = _last(hits)
    click.echo("nothing like it is remembered" if last is None else f"last: {time_text(last)}")


def _found(store: RfMemory, like: str, k: int, options: dict[str, Any]) -> list[Hit]:
    where = where_of(**options)
    path = Path(like)
    if like.isdecimal() and len(like) < 20 and not path.exists():
        return search_like(store, int(like), k, where)
    return search_memory(store, capture_embedding(path), k, replace(where, encoder=ENCODER))


def _last(hits: list[Hit]) -> int | None:
    return max((hit.record.memory.t_ns for hit in hits), default=None)


def _fields(hit: Hit) -> dict[str, Any]:
    memory = hit.record.memory
    return {
        "id": hit.record.memory_id,
        "score": round(hit.score, 6),
        "t_ns": memory.t_ns,
        "room": memory.room,
        "source": memory.source,
        "kind": memory.kind.value,
        "numbers": dict(memory.numbers),
    }
