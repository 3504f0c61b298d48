"""Options that every mesh program takes, and what they mean together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from airsonde.apps.mesh.endpoints import Membership, parse_address, parse_addresses
from airsonde.apps.mesh.folders import keys_folder, state_folder
from airsonde.apps.mesh.keys import KeyFolder, MeshKeys
from airsonde.apps.mesh.post import Neighbours
from airsonde.apps.mesh.start import Program
from airsonde.core.errors import ConfigError
from airsonde.mesh.model import parse_node_id
from airsonde.mesh.plane import Level

F = TypeVar("F", bound=Callable[..., Any])
PORT: Final = 5005
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
    level = Level(given["level"])
    keys = _keys(KeyFolder(given["keys"] or keys_folder()), level)
    group = given["group"]
    peers = list(parse_addresses(given["peers"], PORT))
    host, _, port = listen.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise ConfigError(f"{listen!r} is no [HOST:]PORT")
    if group is not None:
        peers.append(parse_address(group, int(port)))
    return Program(
        listen=(host or "0.0.0.0", int(port)),  # noqa: S104  (nodes send from anywhere)
        state=given["state"] or state_folder(kind),
        keys=keys,
        membership=Membership(
            candidates=tuple(parse_node_id(text) for text in given["candidates"]),
            level=level,
            take_unproven=not given.get("refuse_unauthenticated", False),
        ),
        neighbours=Neighbours(upstream=parse_addresses(to, PORT), peers=peers),
        node=None if given["node_id"] is None else parse_node_id(given["node_id"]),
        group=group,
        seconds=given["seconds"],
    )


def _keys(folder: KeyFolder, level: Level) -> MeshKeys:
    """Enforcing needs keys; permissive takes them where there are any."""
    return folder.require() if level is Level.ENFORCING else folder.read()
