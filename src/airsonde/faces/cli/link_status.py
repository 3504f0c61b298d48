"""`airsonde link status` and `airsonde link explain`: what the running daemon says."""

from pathlib import Path

import click

from airsonde.apps.governor.status_socket import ask
from airsonde.faces.cli.link_options import config_option, run_dir
from airsonde.faces.cli.link_words import decision_line, reason_text, status_lines
from airsonde.faces.cli.output import print_json


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(config: Path | None, as_json: bool) -> None:
    """Show how every interface stands, where delay arises, and what was decided last."""
    told = ask(run_dir(config), "status")
    if as_json:
        print_json(told)
        return
    for line in status_lines(told):
        click.echo(line)


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.argument("ifname", required=False)
def explain(config: Path | None, ifname: str | None, as_json: bool) -> None:
    """Say why the daemon does (not) shape, roam, coalesce or save power, on IFNAME or on all."""
    told = ask(run_dir(config), "explain")
    if ifname is not None:
        told["reasons"] = {n: rs for n, rs in told["reasons"].items() if n == ifname}
        told["decisions"] = [d for d in told["decisions"] if d["ifname"] == ifname]
    if as_json:
        print_json(told)
        return
    for name, reasons in told["reasons"].items():
        click.echo(name)
        for reason in reasons:
            click.echo(f"  {reason['policy']}: {reason_text(reason)}")
    for decision in told["decisions"]:
        click.echo(decision_line(decision))
