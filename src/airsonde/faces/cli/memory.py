"""`airsonde memory`: the verbs, a few to a module."""

import click

from airsonde.faces.cli.lazy import LazyGroup

_FORGET = "airsonde.faces.cli.memory_forget"
_ROOMS = "airsonde.faces.cli.memory_rooms"
_FILES = "airsonde.faces.cli.memory_files"
_VERBS = {
    "add": ("airsonde.faces.cli.memory_add:add", "Remember every window of a capture."),
    "search": ("airsonde.faces.cli.memory_search:search", "Ask when it was last like this."),
    "rooms": (f"{_ROOMS}:rooms", "List what is remembered, by room and source."),
    "baseline": (f"{_ROOMS}:baseline", "Learn how a room usually is."),
    "drift": (f"{_ROOMS}:drift", "Print how far a room was from its baseline."),
    "export": (f"{_FILES}:export", "Write memories as JSON lines."),
    "import": (f"{_FILES}:import_", "Read memories from JSON lines."),
    "delete": (f"{_FORGET}:delete", "Forget what matches."),
    "retain": (f"{_FORGET}:retain", "Forget what is old, or beyond a number."),
}


@click.group(cls=LazyGroup, lazy=_VERBS)
def memory() -> None:
    """Remember what rooms looked like to the radio, and find it again."""
