"""`airsonde link revert`: put back what a daemon left."""

from pathlib import Path

import click

from airsonde.apps.governor.run import require_root
from airsonde.apps.governor.undo import failed
from airsonde.apps.governor.undo import revert as reverted
from airsonde.core.errors import DriverError
from airsonde.drivers.linux.journal import Undone
from airsonde.faces.cli.link_options import config_option, state_dir
from airsonde.faces.cli.output import count_of


@click.command()
@config_option
@click.option("--stopped", is_flag=True, hidden=True, help="As the service's last step.")
def revert(config: Path | None, stopped: bool) -> None:
    """Put everything back as it was before the governor changed it.

    A running daemon does so itself when it is stopped. What somebody else changed since is left
    alone and named.
    """
    require_root()
    report = reverted(state_dir(config), stopped=stopped)
    for done in report:
        click.echo(_line(done))
    click.echo(f"{count_of(len(report), 'setting')} looked at")
    if left := failed(report):
        raise DriverError(f"{count_of(len(left), 'setting')} could not be put back; try again")


def _line(done: Undone) -> str:
    reason = f": {done.reason}" if done.reason else ""
    return f"{done.kind} {done.target}: {done.outcome.value}{reason}"
