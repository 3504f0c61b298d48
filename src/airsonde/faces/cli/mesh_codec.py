"""`airsonde mesh decode` and `encode`: datagrams as hexadecimal, objects as JSON lines."""

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from airsonde.core.errors import AirsondeError, DecodeError
from airsonde.faces.cli.mesh_lines import error_object, lines_of, parse_object
from airsonde.mesh.objects import datagram_object, encode_object

_LONGEST = 2 * 65_535


@click.command()
@click.argument("datagrams", nargs=-1, metavar="[HEX]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def decode(datagrams: tuple[str, ...], as_json: bool) -> None:
    """Decode each HEX, or one datagram a line of standard input.

    A line that is no datagram gives an object with its error; the others are not touched by it.
    """
    for text in _given(datagrams):
        try:
            out = datagram_object(_unhex(text))
        except AirsondeError as e:
            out = error_object(e)
        click.echo(json.dumps(out, allow_nan=False) if as_json else _line(out))


@click.command()
@click.argument("objects", nargs=-1, metavar="[OBJECT]...")
def encode(objects: tuple[str, ...]) -> None:
    """Print the datagram of each OBJECT, or of one a line of standard input, as hexadecimal.

    Objects are those that decode --json prints. A line that is none gives an object with its error.
    """
    for text in _given(objects):
        try:
            out = encode_object(parse_object(text)).hex()
        except AirsondeError as e:
            out = json.dumps(error_object(e))
        click.echo(out)


def _given(arguments: tuple[str, ...]) -> Iterable[str | None]:
    return arguments or lines_of(sys.stdin.buffer)


def _unhex(text: str | None) -> bytes:
    if text is None or len(text) > _LONGEST:
        raise DecodeError("longer than a datagram", offset=_LONGEST)
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise DecodeError("not hexadecimal", offset=0) from None


def _line(out: dict[str, Any]) -> str:
    """One datagram on one line, for people."""
    if error := out.get("error"):
        return f"refused: {error['reason']} (at {error['offset']})"
    words = [f"{k}={v}" for k, v in out.items() if k not in {"kind", "fields"} and v is not None]
    words += [f"{name}={value}" for name, value in out["fields"].items()]
    return " ".join([out["kind"], *words])
