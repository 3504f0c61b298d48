"""`airsonde csi convert`: a capture in another format."""

from pathlib import Path

import click

from airsonde.apps.convert import Converted
from airsonde.apps.convert import convert as convert_capture
from airsonde.captures.capture import open_capture
from airsonde.core.errors import ConfigError
from airsonde.faces.cli.progress import frames_written


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--lane", type=click.IntRange(0), help="Only this lane.")
@click.option("--force", is_flag=True, help="Replace OUT where it exists.")
def convert(source: Path, out: Path, lane: int | None, force: bool) -> None:
    """Write SOURCE to OUT: .rvcsi, .arrows.zst, .parquet, .csv, .npz or .rvnx by its suffix."""
    check_free(out, force=force)
    with frames_written() as progress:
        done = convert_capture(open_capture(source), out, lane, progress)
    report(done, out)


def check_free(out: Path, *, force: bool) -> None:
    """Raises ConfigError when the file is there and may not be replaced."""
    if out.exists() and not force:
        raise ConfigError(f"{out} exists; use --force to replace it")


def report(done: Converted, out: Path) -> None:
    """One line of what was written, and one for each reason why something was not."""
    click.echo(f"wrote {done.frames} frames to {out} ({done.format})")
    for reason, count in sorted(done.skipped.items()):
        click.echo(f"skipped {count}: {reason}", err=True)
    for warning in done.warnings:
        click.echo(f"warning: {warning}", err=True)
