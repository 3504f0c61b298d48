"""`rvcsi`: the drop-in command, each subcommand in a module of its own."""

import sys

import click

from airsonde import __version__
from airsonde.faces.cli.lazy import LazyGroup
from airsonde.faces.cli.main import run
from airsonde.faces.rvcsi.failure import CommandError

_HERE = "airsonde.faces.rvcsi"
_COMMANDS = {
    "record": (f"{_HERE}.record:record", "Transcode a Nexmon source into a `.rvcsi` capture."),
    "nexmon-chips": (f"{_HERE}.chips:nexmon_chips", "List chips and Raspberry Pi models."),
    "inspect-nexmon": (f"{_HERE}.inspect:inspect_nexmon", "Summarize a nexmon_csi `.pcap` file."),
    "decode-chanspec": (f"{_HERE}.chips:decode_chanspec", "Decode a Broadcom chanspec word."),
    "inspect": (f"{_HERE}.inspect:inspect", "Summarize a `.rvcsi` capture file."),
    "replay": (f"{_HERE}.replay:replay", "Replay a `.rvcsi` capture, one line a frame."),
    "stream": (f"{_HERE}.replay:stream", "Stream frames to stdout as JSON lines."),
    "events": (f"{_HERE}.detect:events", "Print the events of a `.rvcsi` capture."),
    "calibrate": (f"{_HERE}.detect:calibrate", "Learn a baseline from a `.rvcsi` capture."),
    "export": (f"{_HERE}.detect:export", "Export a capture to RF memory."),
    "health": (f"{_HERE}.health:health", "Drain a source and print its health as JSON."),
}


@click.group(
    cls=LazyGroup, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def rvcsi() -> None:
    """Edge RF sensing runtime: `.rvcsi` captures and Nexmon record dumps."""


def main() -> None:
    """Run the command. Exit 0 done, 1 failed, 2 misused."""
    try:
        run(rvcsi, "rvcsi")
    except CommandError as e:
        sys.stdout.flush()
        click.echo(e.text(), err=True)
        sys.exit(1)
