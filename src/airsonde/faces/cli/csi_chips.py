"""`airsonde csi chips`: what each known chip can do."""

from importlib import import_module
from typing import Any

import click

from airsonde.csi.model import RADIOS, Family
from airsonde.faces.cli.output import print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def chips(as_json: bool) -> None:
    """List the chips whose CSI is decoded, family by family, and the boards they sit on."""
    families = {family.value: _rows(family) for family in RADIOS}
    if as_json:
        print_json(families)
        return
    for family, rows in families.items():
        click.echo(family)
        for row in rows:
            click.echo(f"  {row['chip']:12s}  {_what(row)}")


def _rows(family: Family) -> list[dict[str, Any]]:
    module = import_module(f"airsonde.radios.{family.value}.chips")
    boards = getattr(module, "BOARDS", ())
    return [
        {
            "chip": chip.slug,
            "bands": [band.value for band in chip.bands],
            "widths_mhz": list(chip.widths_mhz),
            "boards": [board.slug for board in boards if board.chip == chip.slug],
        }
        for chip in module.CHIPS
    ]


def _what(row: dict[str, Any]) -> str:
    bands = " + ".join(row["bands"]) or "any"
    widths = "/".join(str(w) for w in row["widths_mhz"])
    boards = f"  on {', '.join(row['boards'])}" if row["boards"] else ""
    return f"{bands} GHz  {widths} MHz{boards}"
