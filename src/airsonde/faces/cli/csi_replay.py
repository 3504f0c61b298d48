"""`airsonde csi replay`: a capture at the pace of its own clock."""

from pathlib import Path

import click

from airsonde.apps.calibrate import baseline as baseline_of
from airsonde.apps.paced import Pace, paced_blocks
from airsonde.apps.sensing import SensingRun
from airsonde.apps.sensing_results import event_fields
from airsonde.faces.cli.capture_argument import capture_argument, open_argument
from airsonde.faces.cli.csi_windows import event_text
from airsonde.faces.cli.output import print_line
from airsonde.faces.cli.sensing_options import baseline_option


@click.command()
@capture_argument
@baseline_option
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="So many times as fast as it was recorded; 0: as fast as possible.",
)
@click.option("--json", "as_json", is_flag=True, help="One event a line, as JSON.")
def replay(
    path: Path,
    format_: str | None,
    port: int | None,
    baseline: str | None,
    speed: float,
    as_json: bool,
) -> None:
    """Play CAPTURE and print its events when they happen; they are the same at every speed."""
    capture = open_argument(path, format_, port)
    calibration = baseline_of(baseline) if baseline else None
    blocks = paced_blocks(capture.reader(), Pace(speed))
    for event in SensingRun(blocks, path.name, calibration=calibration).events():
        if as_json:
            print_line(event_fields(event))
        else:
            click.echo(event_text(event))
