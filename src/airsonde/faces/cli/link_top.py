"""`airsonde link top`: the status, again and again."""

import sys
import time
from pathlib import Path

import click

from airsonde.apps.governor.status_socket import ask
from airsonde.faces.cli.link_options import config_option, run_dir
from airsonde.faces.cli.link_words import status_lines


@click.command()
@config_option
@click.option(
    "--every", type=click.FloatRange(min=0.1), default=1.0, show_default=True, help="Seconds."
)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many.")
def top(config: Path | None, every: float, count: int | None) -> None:
    """Show the daemon's status until interrupted."""
    folder, shown = run_dir(config), 0
    if not sys.stdout.isatty():
        while count is None or shown < count:
            click.echo("\n".join(status_lines(ask(folder, "status"))))
            shown += 1
            if shown != count:
                time.sleep(every)
        return
    _watch(folder, every, count)


def _watch(folder: Path, every: float, count: int | None) -> None:
    from rich.live import Live
    from rich.text import Text

    shown = 0
    with Live(screen=True, auto_refresh=False) as live:
        while count is None or shown < count:
            lines = status_lines(ask(folder, "status"))
            live.update(Text("\n".join(lines)), refresh=True)
            shown += 1
            time.sleep(every)
