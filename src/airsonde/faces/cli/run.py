"""`airsonde run`: the agent, until Ctrl-C or SIGTERM."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from airsonde.apps.agent.settings import Settings

_EXAMPLES = """\b
Examples:
  airsonde run                          replay a recording, or simulate
  airsonde run --capture walk.pcap --speed 2
  airsonde run /etc/airsonde.toml
"""


@click.command(epilog=_EXAMPLES)
@click.argument("config", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--capture", type=click.Path(path_type=Path), help="Replay this, over and over.")
@click.option("--speed", default=1.0, type=click.FloatRange(0.1, 100), help="Of the replay.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here [default: 8787].")
def run(config: Path | None, capture: Path | None, speed: float, port: int | None) -> None:
    """Run the agent: sources, detectors, recordings, API and dashboard.

    CONFIG is a TOML file. Without one a recording is replayed or a room simulated, and everything
    says so.
    """
    try:
        from airsonde.apps.agent.settings import read_settings
        from airsonde.faces.http.serving import serve
    except ModuleNotFoundError as e:
        raise click.ClickException(f"{e.name} is missing: pip install 'airsonde[agent]'") from e
    if config is not None and capture is not None:
        raise click.UsageError("name a configuration or a capture, not both")
    settings = read_settings(config) if config else _without_configuration(capture, speed)
    if port is not None:
        http = settings.http.model_copy(update={"port": port})
        settings = settings.model_copy(update={"http": http})
    if config is None:
        _welcome(settings)
    asyncio.run(serve(settings, config.name if config else None))


def _welcome(settings: "Settings") -> None:
    """Say what is shown, and that nobody measures it now."""
    for name, source in settings.sources.items():
        capture = getattr(source, "capture", None)
        what = f"REPLAY of {capture}" if capture else "SIMULATION: no radio measures this"
        click.echo(f"{name}: {what}", err=True)
    if settings.http.port:
        click.echo(f"open http://localhost:{settings.http.port}/ ; Ctrl-C ends it", err=True)


def _without_configuration(capture: Path | None, speed: float) -> "Settings":
    from airsonde.apps.agent.first_run import without_configuration

    return without_configuration(capture, speed)
