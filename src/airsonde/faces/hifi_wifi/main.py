"""`hifi-wifi`: the predecessor's words for what `airsonde link` does."""

import click

from airsonde import __version__
from airsonde.faces.cli.lazy import LazyGroup
from airsonde.faces.cli.main import run

_COMMANDS = {
    "apply": ("airsonde.faces.hifi_wifi.service:apply", "Start governing (the default)."),
    "status": ("airsonde.faces.cli.link_status:status", "Show how every interface stands."),
    "revert": ("airsonde.faces.hifi_wifi.service:revert", "Stop, and put everything back."),
    "install": ("airsonde.faces.cli.link_install:install", "Install the daemon as a service."),
    "uninstall": ("airsonde.faces.cli.link_install:uninstall", "Remove it and undo all."),
}


@click.group(
    cls=LazyGroup,
    lazy=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--monitor", is_flag=True, help="Govern in the foreground until stopped.")
@click.option("--dry-run", is_flag=True, help="With --monitor: decide live, apply nothing.")
@click.version_option(__version__, "-V", "--version", prog_name="hifi-wifi")
@click.pass_context
def hifi_wifi(ctx: click.Context, monitor: bool, dry_run: bool) -> None:
    """Keep the Wi-Fi link fast and steady. The same, with more to it: `airsonde link`."""
    if ctx.invoked_subcommand is not None:
        if monitor or dry_run:
            raise click.UsageError("--monitor stands alone")
        return
    if monitor or dry_run:
        from airsonde.faces.cli.link_run import run as daemon

        ctx.invoke(daemon, config=None, dry_run=dry_run)
        return
    from airsonde.faces.hifi_wifi.service import apply

    ctx.invoke(apply)


def main() -> None:
    """Run the command. Exit 0 done, 1 failed, 2 misused."""
    run(hifi_wifi, "hifi-wifi")
