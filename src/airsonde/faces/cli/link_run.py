"""`airsonde link run`: the daemon."""

from pathlib import Path

import click

from airsonde.apps.governor.lean import leave_out_unused


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="TOML file with the settings.")
@click.option("--dry-run", is_flag=True, help="Decide live, apply nothing; print every decision.")
def run(config: Path | None, dry_run: bool) -> None:
    """Govern this host's Wi-Fi and Ethernet links until stopped.

    Everything that is changed is recorded before and put back at the end. SIGHUP reads the settings
    again. Without --config /etc/airsonde/airsonde.toml is read where it exists.
    """
    leave_out_unused()
    from airsonde.apps.governor import run as daemon

    daemon.run(config, dry_run=dry_run, say=_say, tell=click.echo)


def _say(words: str) -> None:
    click.echo(f"airsonde: {words}", err=True)
