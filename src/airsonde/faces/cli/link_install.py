"""`airsonde link install` and `uninstall`: the daemon as a service of this host."""

import click

from airsonde.apps.governor import install as installation
from airsonde.apps.governor.run import require_root


@click.command()
def install() -> None:
    """Copy the program to /var/lib/airsonde and run it as a systemd service from there.

    The copy survives updates that replace /usr; links in /usr/bin are made again at every start.
    """
    require_root()
    for said in installation.install(installation.Places()):
        click.echo(said)


@click.command()
@click.option("--keep-config", is_flag=True, help="Leave /etc/airsonde in place.")
def uninstall(keep_config: bool) -> None:
    """Stop the service, put everything back, and remove all files; needs no network."""
    require_root()
    for said in installation.uninstall(installation.Places(), keep_config=keep_config):
        click.echo(said)


@click.command()
def heal() -> None:
    """Make the links in /usr/bin that are missing; the service does so at every start."""
    require_root()
    for said in installation.heal(installation.Places()):
        click.echo(said)
