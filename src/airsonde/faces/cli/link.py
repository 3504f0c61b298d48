"""`airsonde link`: the verbs, each in a module of its own."""

import click

from airsonde.faces.cli.lazy import LazyGroup

_VERBS = {
    "replay": (
        "airsonde.faces.cli.link_replay:replay",
        "Show what the policies decide on a recorded trace.",
    ),
    "plan": ("airsonde.faces.cli.link_plan:plan", "Show how a described host would be tuned."),
}


@click.group(cls=LazyGroup, lazy=_VERBS)
def link() -> None:
    """Keep the Wi-Fi link fast and steady; explain, replay and undo what was done."""
