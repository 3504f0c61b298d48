"""`airsonde csi repair`: what can be read of a damaged capture, in its own format."""

from pathlib import Path

import click

from airsonde.apps.convert import repair as repair_capture
from airsonde.captures.capture import open_capture
from airsonde.faces.cli.csi_convert import check_free, report
from airsonde.faces.cli.progress import frames_written


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace OUT where it exists.")
def repair(source: Path, out: Path, force: bool) -> None:
    """Save what can be read of SOURCE to OUT, in the same format."""
    check_free(out, force=force)
    with frames_written() as progress:
        done = repair_capture(open_capture(source), out, progress)
    report(done, out)
