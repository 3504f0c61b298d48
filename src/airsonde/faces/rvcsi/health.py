"""`rvcsi health`: drain a source, then say how it fared."""

from pathlib import Path

import click

from airsonde.apps.rvcsi_queries import capture_health, dump_health
from airsonde.faces.rvcsi.failure import CommandError, context
from airsonde.faces.rvcsi.output import print_pretty

_LIVE = ("esp32", "intel", "atheros")


@click.command()
@click.option("--source", required=True, help="file, replay, nexmon, esp32, intel or atheros")
@click.option("--target", help="Path of the source.")
def health(source: str, target: str | None) -> None:
    """Open a source, drain it, and print its health as JSON."""
    if source in {"file", "replay"}:
        with context():
            print_pretty(capture_health(_path(target, "file")))
    elif source == "nexmon":
        with context(plain_io=True):
            print_pretty(dump_health(_path(target, "nexmon")))
    elif source in _LIVE:
        raise CommandError(
            f"live capture for source `{source}` is not available in this build; use the "
            "`rvcsi-daemon` (not yet shipped) or replay a `.rvcsi` capture"
        )
    else:
        raise CommandError(
            f"unknown source `{source}` (expected: file, replay, nexmon, esp32, intel, atheros)"
        )


def _path(target: str | None, source: str) -> Path:
    if target is None:
        raise CommandError(f"`--target <path>` is required for the {source} source")
    return Path(target)
