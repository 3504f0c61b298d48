"""`hifi-wifi apply` and `hifi-wifi revert`: the installed service started, or stopped."""

import click

from airsonde.apps.governor.install import SERVICE, Places
from airsonde.apps.governor.run import require_root
from airsonde.core.errors import DriverError
from airsonde.drivers.linux.systemctl import systemctl
from airsonde.faces.cli.link_revert import revert as put_back


@click.command()
def apply() -> None:
    """Start the installed service; it applies everything and keeps it so."""
    require_root()
    if not Places().unit.exists():
        raise DriverError("the service is not installed; run `hifi-wifi install`")
    systemctl("start", SERVICE)
    click.echo(f"{SERVICE} runs; `hifi-wifi status` shows what it does")


@click.command()
@click.pass_context
def revert(ctx: click.Context) -> None:
    """Stop the service where it runs, and put everything back."""
    require_root()
    if Places().unit.exists():
        systemctl("stop", SERVICE)
    ctx.invoke(put_back, config=None, stopped=False)
