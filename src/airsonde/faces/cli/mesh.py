"""`airsonde mesh`: the verbs, each in a module of its own."""

import click

from airsonde.faces.cli.lazy import LazyGroup

_KEYS = {
    "generate": ("airsonde.faces.cli.mesh_keys:generate", "Make the first key."),
    "rotate": ("airsonde.faces.cli.mesh_keys:rotate", "Replace a key, step by step."),
    "show": ("airsonde.faces.cli.mesh_keys:show", "Show the fingerprints of the keys."),
}


@click.group(cls=LazyGroup, lazy=_KEYS)
def keys() -> None:
    """Keys of the mesh: make, replace, compare."""


_VERBS = {
    "node": ("airsonde.faces.cli.mesh_node:node", "Sense with one radio, tell the coordinators."),
    "coordinator": (
        "airsonde.faces.cli.mesh_coordinator:coordinator",
        "Fuse rooms, plan roles and channels.",
    ),
    "status": ("airsonde.faces.cli.mesh_status:status", "Show what a running one knows."),
    "plan": ("airsonde.faces.cli.mesh_plan:plan", "Say what a plan would change."),
    "simulate": (
        "airsonde.faces.cli.mesh_simulate:simulate",
        "Count what many nodes cost and survive.",
    ),
    "keys": ("airsonde.faces.cli.mesh:keys", "Keys of the mesh: make, replace, compare."),
    "decode": ("airsonde.faces.cli.mesh_codec:decode", "Say what datagrams hold."),
    "encode": ("airsonde.faces.cli.mesh_codec:encode", "Make datagrams of what decode prints."),
    "decide": ("airsonde.faces.cli.mesh_decide:decide_", "Ask the policy of a node."),
}


@click.group(cls=LazyGroup, lazy=_VERBS)
def mesh() -> None:
    """Sensing nodes: what they say, what they decide, who coordinates them."""
