"""`airsonde csi windows` and `airsonde csi events`: what a preset makes of a capture."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from airsonde.apps.rvcsi_pipeline import ReferenceRun
from airsonde.apps.rvcsi_results import event_array, event_line, window_line
from airsonde.faces.cli.capture_argument import capture_argument, open_argument

F = TypeVar("F", bound=Callable[..., Any])


def _named(context: click.Context, _: click.Parameter, preset: str | None) -> str | None:
    if preset is None and not context.resilient_parsing:
        raise click.UsageError("Say --preset rvcsi: it is the only preset in this release.")
    return preset


def preset_option(command: F) -> F:
    """Add --preset; it has to be named as long as the one preset is not what most want."""
    return click.option(
        "--preset",
        type=click.Choice(["rvcsi"]),
        callback=_named,
        expose_value=False,
        help="Whose pipeline: rvcsi is the reference's, exactly. Required.",
    )(command)


@click.command()
@capture_argument
@preset_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def windows(path: Path, format_: str | None, port: int | None, as_json: bool) -> None:
    """Print the windows of CAPTURE: up to 16 frames or 1 s each."""
    run = ReferenceRun(open_argument(path, format_, port).reader())
    if not as_json:
        click.echo("  window             start_ns  frames      motion  presence  quality")
    for window in run.windows():
        if as_json:
            click.echo(window_line(window, run.subject))
        else:
            click.echo(
                f"{window.window_id:8d} {window.start_ns:20d} {window.frame_count:7d} "
                f"{window.motion_energy:11.4f} {window.presence_score:9.3f} "
                f"{window.quality_score:8.3f}"
            )


@click.command()
@capture_argument
@preset_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def events(path: Path, format_: str | None, port: int | None, as_json: bool) -> None:
    """Print what the detectors say of CAPTURE, with the windows that made them say it."""
    run = ReferenceRun(open_argument(path, format_, port).reader())
    found = list(run.events())
    if as_json:
        click.echo(event_array(found, run.subject))
        return
    for event in found:
        click.echo(event_line(event))
