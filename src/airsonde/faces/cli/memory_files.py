"""`airsonde memory export` and `import`: JSON lines, as the rvCSI reference keeps them."""

from pathlib import Path
from typing import Any

import click

from airsonde.apps.memory import export_memory, import_memory
from airsonde.faces.cli.memory_options import opened, store_option, where_of, where_options
from airsonde.faces.cli.output import count_of


@click.command()
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@where_options
@store_option
def export(out: Path, store_address: str | None, **options: Any) -> None:
    """Write memories and baselines to OUT as JSON lines; ids are counted from 0."""
    with opened(store_address) as store:
        written = export_memory(store, out, where_of(**options))
    click.echo(f"wrote {count_of(written, 'record')} to {out}")


@click.command("import")
@click.argument("path", metavar="IN", type=click.Path(path_type=Path))
@click.option("--room", help="Where memories belong that name no room.")
@store_option
def import_(path: Path, room: str | None, store_address: str | None) -> None:
    """Read memories and baselines from IN; of a room's baselines the last one counts."""
    with opened(store_address) as store:
        added = import_memory(store, path, room)
    click.echo(f"imported {count_of(added, 'record')} from {path}")
