"""`airsonde csi export`: the windows of a capture as embeddings, for other programs."""

from pathlib import Path

import click

from airsonde.apps.memory import export_capture
from airsonde.faces.cli.output import count_of


@click.command()
@click.argument("path", metavar="CAPTURE", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--room", help="Where it was recorded.")
def export(path: Path, out: Path, room: str | None) -> None:
    """Write every window of CAPTURE to OUT: one RF memory record a line, as JSON.

    `airsonde memory import` and programs that read the rvCSI reference's RF memory take it.
    """
    number = export_capture(path, out, room)
    click.echo(f"wrote {count_of(number, 'window')} to {out}")
