"""The capture argument that most verbs take, and the options that override what is found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from airsonde.captures.capture import Capture, open_capture
from airsonde.captures.model import OpenOptions

F = TypeVar("F", bound=Callable[..., Any])


def capture_argument(command: F) -> F:
    """Add CAPTURE, --format and --port; the command gets `capture`, an opened Capture."""
    for decorate in (
        click.argument("path", metavar="CAPTURE", type=click.Path(path_type=Path)),
        click.option("--format", "format_", help="Read as this format instead of finding it."),
        click.option("--port", type=int, help="Only UDP datagrams to this port (pcap)."),
    ):
        command = decorate(command)
    return command


def open_argument(path: Path, format_: str | None, port: int | None) -> Capture:
    """Open what `capture_argument` collected."""
    return open_capture(path, format=format_, options=OpenOptions(port=port))
