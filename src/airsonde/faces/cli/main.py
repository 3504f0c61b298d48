"""The `airsonde` command: its areas, and how failures reach the user."""

import os
import sys

import click

from airsonde import __version__
from airsonde.core.errors import AirsondeError, ConfigError
from airsonde.faces.cli.lazy import LazyGroup

_AREAS = {
    "csi": (
        "airsonde.faces.cli.csi:csi",
        "Read, convert, record, draw and interpret CSI captures.",
    ),
    "memory": (
        "airsonde.faces.cli.memory:memory",
        "Remember what rooms looked like to the radio, and find it again.",
    ),
    "mesh": ("airsonde.faces.cli.mesh:mesh", "Sensing nodes: their messages and decisions."),
    "link": (
        "airsonde.faces.cli.link:link",
        "Keep the Wi-Fi link fast and steady; explain and replay it.",
    ),
    "run": ("airsonde.faces.cli.run:run", "Run the agent: sources, API and dashboard."),
    "init": ("airsonde.faces.cli.init:init", "Write a first configuration."),
    "status": ("airsonde.faces.cli.status:status", "Show how a running agent is."),
    "top": ("airsonde.faces.cli.top:top", "Watch a running agent."),
    "doctor": ("airsonde.faces.cli.doctor:doctor", "Find out why nothing comes."),
    "completion": (
        "airsonde.faces.cli.completion:completion",
        "Let the shell complete the commands.",
    ),
    "demo": ("airsonde.faces.cli.demo:demo", "Show what a capture holds, in one go."),
}


@click.group(cls=LazyGroup, lazy=_AREAS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="airsonde")
def airsonde() -> None:
    """Wi-Fi on Linux: channel state information, sensing, and a steady link."""


def main() -> None:
    """Run the command; one sentence on stderr when it fails. Exit 0 done, 1 failed, 2 misused."""
    # The matrices here are small: threads cost several times what they save, and their number
    # would show in the last digit of a sum.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(airsonde, "airsonde")


def run(command: click.Command, name: str) -> None:
    """Run a click command and map what it raises to an exit code."""
    try:
        code = command.main(prog_name=name, standalone_mode=False)
    except click.ClickException as e:
        e.show()
        code = e.exit_code
    except click.Abort:
        click.echo("stopped", err=True)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except AirsondeError as e:
        click.echo(f"{name}: {e}", err=True)
        code = 2 if isinstance(e, ConfigError) else 1
    sys.exit(code if isinstance(code, int) else 0)
