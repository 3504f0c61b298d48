"""`airsonde mesh coordinator`: hear the nodes, fuse the rooms, plan roles and channels."""

import os
from typing import Any

import click

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

from airsonde.apps.mesh.compose import PORT, coordinator_config
from airsonde.core.errors import ConfigError
from airsonde.core.ids import NodeId
from airsonde.faces.cli.mesh_options import program, program_options
from airsonde.mesh.model import parse_node_id


@click.command()
@click.option("--listen", metavar="[HOST:]PORT", default=str(PORT), show_default=True)
@click.option("--channels", metavar="N,N,…", help="What observers are spread over.")
@click.option("--room", "rooms", metavar="HEX16=NAME", multiple=True, help="Where a node stands.")
@click.option("--raw", "raw", metavar="HEX16", multiple=True, help="Open its raw CSI once, 30 s.")
@click.option("--announce", is_flag=True, help="Be found by mDNS; name an address to --listen.")
@click.option("--refuse-unauthenticated", is_flag=True, help="Firmware that cannot sign too.")
@program_options
def coordinator(**given: Any) -> None:
    """Coordinate the nodes that are heard, until Ctrl-C; `airsonde mesh status` shows them.

    Of several --candidate one leads and the others stand by.
    """
    from airsonde.apps.mesh.start import run_coordinator

    rooms = dict(_room(text) for text in given["rooms"])
    config = coordinator_config(_channels(given["channels"]), rooms, given["raw"])
    started = program("coordinator", given["listen"], (), given)
    if given["announce"] and started.listen[0] == "0.0.0.0":  # noqa: S104  (compared, not bound)
        raise ConfigError("say which address is announced: --listen ADDRESS:PORT")
    run_coordinator(started, config, announced=given["announce"])


def _room(text: str) -> tuple[NodeId, str]:
    node, equals, name = text.partition("=")
    if not equals or not name:
        raise ConfigError(f"{text!r} is no HEX16=NAME")
    return parse_node_id(node), name


def _channels(text: str | None) -> tuple[int, ...]:
    words = text.split(",") if text else []
    if not all(word.strip().isdecimal() and 0 < int(word) < 256 for word in words):
        raise ConfigError(f"{text!r} is no list of channels such as 1,6,11")
    return tuple(int(word) for word in words)
