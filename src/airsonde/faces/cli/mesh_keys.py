"""`airsonde mesh keys`: make keys, replace them, compare them."""

from dataclasses import asdict
from pathlib import Path

import click

from airsonde.apps.mesh.folders import keys_folder
from airsonde.apps.mesh.keys import KeyFolder
from airsonde.faces.cli.output import print_json

_KINDS = click.Choice(["hmac", "ed25519"])
_folder = click.option("--keys", type=click.Path(path_type=Path, file_okay=False))
_kind = click.option("--kind", type=_KINDS, default="hmac", show_default=True)


@click.command()
@_folder
@_kind
def generate(keys: Path | None, kind: str) -> None:
    """Make the first key of a kind: hmac for every node, ed25519 for who coordinates.

    Copy the folder to every machine of the mesh; of ed25519 the nodes need the .pub file alone,
    and from then on refuse channel plans and calibrations that are not signed with it.
    """
    click.echo(f"made {KeyFolder(keys or keys_folder()).generate(kind)}")


@click.command()
@_folder
@_kind
def rotate(keys: Path | None, kind: str) -> None:
    """Do the next of three steps: add a second key, sign with it, drop the first.

    In between both are accepted, so that machines can follow one after the other.
    """
    click.echo(KeyFolder(keys or keys_folder()).rotate(kind))


@click.command()
@_folder
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(keys: Path | None, as_json: bool) -> None:
    """Show the fingerprints of the keys, by which machines can be compared; never a secret."""
    shown = KeyFolder(keys or keys_folder()).show()
    if as_json:
        print_json([asdict(one) for one in shown])
        return
    for one in shown:
        click.echo(f"{one.fingerprint}  {one.file}{'  signs' if one.signs else ''}")
