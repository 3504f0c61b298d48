"""`airsonde link`: the verbs, each in a module of its own."""

import click

from airsonde.faces.cli.lazy import LazyGroup

_VERBS = {
    "run": ("airsonde.faces.cli.link_run:run", "Govern this host until stopped."),
    "status": ("airsonde.faces.cli.link_status:status", "Show how every interface stands."),
    "explain": ("airsonde.faces.cli.link_status:explain", "Say why it does (not) act."),
    "top": ("airsonde.faces.cli.link_top:top", "Watch the status."),
    "record": ("airsonde.faces.cli.link_record:record", "Write down what the daemon observes."),
    "revert": ("airsonde.faces.cli.link_revert:revert", "Put back what a daemon left."),
    "doctor": ("airsonde.faces.cli.link_doctor:doctor", "Name what is missing, and the remedy."),
    "install": ("airsonde.faces.cli.link_install:install", "Install the daemon as a service."),
    "heal": ("airsonde.faces.cli.link_install:heal", "Make missing links in /usr/bin."),
    "uninstall": ("airsonde.faces.cli.link_install:uninstall", "Remove it and undo all."),
    "replay": (
        "airsonde.faces.cli.link_replay:replay",
        "Show what the policies decide on a recorded trace.",
    ),
    "plan": ("airsonde.faces.cli.link_plan:plan", "Show the tuning plan of a described host."),
}


@click.group(cls=LazyGroup, lazy=_VERBS)
def link() -> None:
    """Keep the Wi-Fi link fast and steady; explain, replay and undo what was done."""
