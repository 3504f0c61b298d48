"""`airsonde csi inspect`: what a capture is and holds."""

from pathlib import Path

import click

from airsonde.captures.capture import Capture
from airsonde.faces.cli.capture_argument import capture_argument, open_argument
from airsonde.faces.cli.output import count_of, lane_line, print_json


@click.command()
@capture_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def inspect(path: Path, format_: str | None, port: int | None, as_json: bool) -> None:
    """Say what CAPTURE is and holds: identity, accounting, lanes, suspicions.

    Every record of the file is accounted for: records = decoded + skipped.
    """
    capture = open_argument(path, format_, port)
    if as_json:
        print_json(capture.summary())
    else:
        print_summary(capture)


def print_summary(capture: Capture) -> None:
    """Print identity, accounting and lanes for people."""
    survey = capture.survey
    chip = f", {survey.chip}" if survey.chip else ""
    click.echo(f"{capture.path}: {capture.format} ({survey.family or 'unknown family'}{chip})")
    skipped = sum(survey.skipped.values())
    click.echo(
        f"  {count_of(survey.records, 'record')}: {survey.decoded} decoded, {skipped} skipped"
    )
    for reason, count in survey.skipped.items():
        click.echo(f"    {count} skipped: {reason}")
    click.echo(f"  {count_of(len(survey.lanes), 'lane')}")
    for lane in survey.lanes:
        click.echo(f"    {lane_line(lane)}")
    for suspicion in survey.suspicions:
        click.echo(f"  suspicious: {suspicion}")
    for warning in survey.warnings:
        click.echo(f"  warning: {warning}")
