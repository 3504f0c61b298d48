"""`rvcsi events`, `rvcsi calibrate` and `rvcsi export`: what the pipeline makes of a capture."""

from pathlib import Path

import click

from airsonde.apps.rvcsi_pipeline import (
    capture_events,
    export_memory,
    learn_baseline,
    write_baseline,
)
from airsonde.apps.rvcsi_results import baseline_document, event_array, event_line
from airsonde.faces.rvcsi.failure import CommandError, context


@click.command()
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Emit the events as JSON.")
def events(path: str, as_json: bool) -> None:
    """Print the events of a `.rvcsi` capture."""
    with context(f"processing {path}"):
        found, subject = capture_events(Path(path))
    if as_json:
        click.echo(event_array(found, subject))
        return
    for event in found:
        click.echo(event_line(event))
    click.echo(f"-- {len(found)} event(s)")


@click.command()
@click.option("--in", "path", required=True, help="Path to a `.rvcsi` capture file.")
@click.option("--out", "output", help="Where to write the baseline; else to stdout.")
def calibrate(path: str, output: str | None) -> None:
    """Learn the mean amplitude of each subcarrier."""
    with context(f"reading {path}"):
        baseline, subject = learn_baseline(Path(path))
    if not baseline.frames:
        raise CommandError(f"no exposable frames in {path} — cannot calibrate")
    if output is None:
        click.echo(baseline_document(baseline.amplitude, baseline.frames, subject))
        return
    with context(f"writing {output}"):
        write_baseline(baseline, subject, Path(output))
    click.echo(
        f"wrote baseline ({len(baseline.amplitude)} subcarriers, {baseline.frames} frames) "
        f"to {output}"
    )


@click.group()
def export() -> None:
    """Export a capture to another system."""


@export.command()
@click.option("--in", "path", required=True, help="Path to a `.rvcsi` capture file.")
@click.option("--out", "output", required=True, help="Path of the JSON lines to write.")
def ruvector(path: str, output: str) -> None:
    """Store the embeddings of the last 32 windows as RF memory."""
    with context(f"exporting {path} -> {output}"):
        stored = export_memory(Path(path), Path(output))
    click.echo(f"stored {stored} window embedding(s) to {output}")
