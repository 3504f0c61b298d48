"""`airsonde csi motion`, `breathing` and `presence`: one question each, asked of a capture."""

from pathlib import Path

import click

from airsonde.apps.readings import breathing_of, motion_of, presence_of
from airsonde.apps.sensing_results import breathing_fields, presence_fields, rounded
from airsonde.csi.windows import WindowShape
from airsonde.faces.cli.capture_argument import capture_argument, open_argument
from airsonde.faces.cli.output import print_json, time_text
from airsonde.faces.cli.sensing_options import baseline_option, run_over, tell_suspicions


@click.command()
@capture_argument
@baseline_option
@click.option(
    "--hop",
    type=click.FloatRange(min=0.02, max=1.0),
    default=1.0,
    show_default=True,
    help="Seconds from one answer to the next.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def motion(
    path: Path,
    format_: str | None,
    port: int | None,
    baseline: str | None,
    hop: float,
    as_json: bool,
) -> None:
    """Say when something moved in CAPTURE: one answer a second, from the second before it."""
    capture = open_argument(path, format_, port)
    run = run_over(capture, baseline, WindowShape(hop=hop))
    readings = motion_of(run.looks())
    tell_suspicions(capture, run)
    if as_json:
        rows = [
            {
                "t_ns": r.t_ns,
                "score": rounded(r.score),
                "moving": r.moving,
                "probability": rounded(r.probability, 3),
                "reason": r.reason,
            }
            for r in readings
        ]
        threshold = next((r.threshold for r in reversed(readings) if r.threshold is not None), None)
        print_json({"threshold": rounded(threshold), "windows": rows})
        return
    for r in readings:
        score = "     -" if r.score is None else f"{r.score:6.2f}"
        verdict = {True: "moving", False: "still", None: f"unknown: {r.reason}"}[r.moving]
        click.echo(f"{time_text(r.t_ns)}  {score}  {verdict}")


@click.command()
@capture_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def breathing(path: Path, format_: str | None, port: int | None, as_json: bool) -> None:
    """Say how fast somebody breathes in CAPTURE, or why that cannot be told."""
    capture = open_argument(path, format_, port)
    run = run_over(capture)
    reading = breathing_of(run.findings())
    tell_suspicions(capture, run)
    if as_json:
        print_json(breathing_fields(reading))
    elif reading.bpm is None:
        click.echo(f"unknown: {reading.reason}")
    else:
        low, high = reading.interval_bpm or (reading.bpm, reading.bpm)
        click.echo(
            f"{reading.bpm:.1f} breaths a minute ({low:.1f} to {high:.1f}), "
            f"confidence {reading.confidence:.0%}"
        )


@click.command()
@capture_argument
@baseline_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def presence(
    path: Path, format_: str | None, port: int | None, baseline: str | None, as_json: bool
) -> None:
    """Say whether somebody is there in CAPTURE: empty, occupied, moving or unknown."""
    capture = open_argument(path, format_, port)
    run = run_over(capture, baseline)
    reading = presence_of(run.looks())
    tell_suspicions(capture, run)
    if as_json:
        print_json(presence_fields(reading))
    else:
        click.echo(f"{reading.verdict.value} ({reading.confidence:.0%}): {reading.reason}")
