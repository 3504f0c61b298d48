"""`airsonde memory add`: remember captures."""

from pathlib import Path

import click

from airsonde.apps.memory import remember
from airsonde.faces.cli.memory_options import opened, store_option
from airsonde.faces.cli.output import count_of, print_json


@click.command()
@click.argument("path", metavar="CAPTURE", type=click.Path(path_type=Path))
@click.option("--room", help="Where it was recorded.")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def add(path: Path, room: str | None, store_address: str | None, as_json: bool) -> None:
    """Remember every window of CAPTURE. Adding it twice keeps it twice."""
    with opened(store_address) as store:
        added = remember(store, path, room)
    if as_json:
        print_json({"added": added, "room": room})
    else:
        click.echo(f"remembered {count_of(added, 'window')} of {path}")
