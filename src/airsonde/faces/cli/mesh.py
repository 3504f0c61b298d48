"""`airsonde mesh`: the verbs, each in a module of its own."""

import click

from airsonde.faces.cli.lazy import LazyGroup

_VERBS = {
    "decode": ("airsonde.faces.cli.mesh_codec:decode", "Say what datagrams hold."),
    "encode": ("airsonde.faces.cli.mesh_codec:encode", "Make datagrams of what decode prints."),
    "decide": ("airsonde.faces.cli.mesh_decide:decide_", "Ask the policy of a node."),
}


@click.group(cls=LazyGroup, lazy=_VERBS)
def mesh() -> None:
    """Sensing nodes: their messages and decisions."""
