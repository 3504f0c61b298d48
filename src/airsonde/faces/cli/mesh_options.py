"""Options that every mesh program takes, and what they mean together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from airsonde.apps.mesh.compose import Program, Wanted, program_of
from airsonde.mesh.plane import Level

F = TypeVar("F", bound=Callable[..., Any])
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)


def program_options(command: F) -> F:
    """Add what `program` takes."""
    for decorate in (
        click.option("--seconds", type=click.FloatRange(min=0), help="End by itself."),
        click.option(
            "--level",
            type=click.Choice([level.value for level in Level]),
            default=Level.ENFORCING.value,
            show_default=True,
            help="permissive obeys orders without proof.",
        ),
        click.option("--state", type=_FOLDER, help="Folder for memory, status and events."),
        click.option("--keys", type=_FOLDER, help="Folder of the mesh's keys."),
        click.option("--id", "node_id", metavar="HEX16", help="Node id; default: a random one."),
        click.option("--group", metavar="ADDRESS", help="Multicast group to hear and speak to."),
        click.option(
            "--candidate",
            "candidates",
            metavar="HEX16",
            multiple=True,
            help="Node id that may coordinate; the same list everywhere.",
        ),
        click.option(
            "--peer", "peers", metavar="HOST[:PORT]", multiple=True, help="Who else to speak to."
        ),
    ):
        command = decorate(command)
    return command


def program(kind: str, listen: str, to: tuple[str, ...], given: dict[str, Any]) -> Program:
    """What the options say. Raises ConfigError with the remedy where that cannot work."""
    wanted = Wanted(
        listen=listen,
        to=to,
        state=given["state"],
        keys=given["keys"],
        level=given["level"],
        node_id=given["node_id"],
        group=given["group"],
        candidates=given["candidates"],
        peers=given["peers"],
        refuse_unauthenticated=given.get("refuse_unauthenticated", False),
        seconds=given["seconds"],
    )
    return program_of(kind, wanted)
