"""`airsonde doctor`: why nothing comes, and what to do."""

from dataclasses import asdict
from pathlib import Path

import click

from airsonde.faces.cli.output import print_json

_MARKS = {True: "ok", False: "BAD", None: "-"}


@click.command()
@click.argument("config", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seconds", default=3.0, type=click.FloatRange(0.5, 60), help="Listen so long.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(config: Path | None, seconds: float, as_json: bool) -> None:
    """Look at the hardware and at every source of CONFIG; exit 1 when something is wrong.

    Stop the agent first: a port can be listened to by one program at a time.
    """
    from airsonde.apps.agent.doctor import examine
    from airsonde.apps.agent.settings import Settings, read_settings

    settings = read_settings(config) if config else Settings()
    checks = []
    for check in examine(settings, seconds):
        checks.append(check)
        if not as_json:
            click.echo(f"{_MARKS[check.well]:>3}  {check.name}: {check.found}")
            if check.remedy:
                click.echo(f"     {check.remedy}")
    if as_json:
        print_json([asdict(check) for check in checks])
    if any(check.well is False for check in checks):
        raise click.exceptions.Exit(1)
