"""`airsonde csi formats`: what can be read and written."""

import click

from airsonde.captures.registry import formats as known_formats
from airsonde.faces.cli.output import print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def formats(as_json: bool) -> None:
    """List the formats, in the order in which a file is held against them."""
    rows = [
        {
            "format": row.name,
            "suffixes": list(row.suffixes),
            "read": row.reader is not None,
            "written": row.writer is not None,
        }
        for row in known_formats().values()
    ]
    if as_json:
        print_json(rows)
        return
    for row in known_formats().values():
        what = " and ".join(w for w, can in (("read", row.reader), ("written", row.writer)) if can)
        click.echo(f"{row.name:14s} {what:17s} {' '.join(row.suffixes)}")
