"""`airsonde memory delete` and `retain`: forgetting."""

from typing import Any

import click

from airsonde.csi.memory import Where
from airsonde.faces.cli.memory_options import (
    Moment,
    opened,
    store_option,
    where_of,
    where_options,
)
from airsonde.faces.cli.output import print_json


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=click.IntRange(0))
@where_options
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def delete(ids: tuple[int, ...], store_address: str | None, as_json: bool, **options: Any) -> None:
    """Forget memories by ID, or all that match the options; one of both has to be said."""
    where = Where(ids=ids) if ids else where_of(**options)
    if ids and any(options.values()):
        raise click.UsageError("Say IDs or options, not both.")
    if where == Where():
        raise click.UsageError("Say which: IDs, or one of --room, --source, --kind, --since.")
    with opened(store_address) as store:
        _print_forgotten(store.memories.delete(where), as_json=as_json)


@click.command()
@click.option("--older", type=Moment(), help="Forget what lies before: a time, or 30d.")
@click.option("--newest", type=click.IntRange(0), help="Keep no more than so many.")
@click.option("--room", help="Only of this room.")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def retain(
    older: int | None,
    newest: int | None,
    room: str | None,
    store_address: str | None,
    as_json: bool,
) -> None:
    """Forget what is older than a time, and of the rest all but the newest."""
    if older is None and newest is None:
        raise click.UsageError("Say --older, --newest or both.")
    gone = 0
    with opened(store_address) as store:
        if older is not None:
            gone += store.memories.delete(Where(room=room, until_ns=older))
        if newest is not None:
            gone += store.memories.retain(Where(room=room), newest)
    _print_forgotten(gone, as_json=as_json)


def _print_forgotten(number: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"forgotten": number})
    else:
        click.echo(f"forgot {number} {'memory' if number == 1 else 'memories'}")
