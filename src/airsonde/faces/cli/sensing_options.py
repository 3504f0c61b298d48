"""Options that the sensing commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from airsonde.apps.calibrate import baseline as baseline_of
from airsonde.apps.sensing import SensingRun
from airsonde.captures.capture import Capture
from airsonde.csi.windows import WindowShape

F = TypeVar("F", bound=Callable[..., Any])


def baseline_option(command: F) -> F:
    """Add --baseline: a calibration file, or a calibrated room's name."""
    return click.option(
        "--baseline",
        metavar="FILE|ROOM",
        help="Rest on this: a calibration, a calibrated room, or a capture of the quiet room.",
    )(command)


def run_over(
    capture: Capture, baseline: str | None = None, shape: WindowShape | None = None
) -> SensingRun:
    """The default pipeline over a capture from its beginning."""
    calibration = baseline_of(baseline) if baseline else None
    return SensingRun(
        capture.reader().blocks(), _source(capture.path), shape=shape, calibration=calibration
    )


def tell_suspicions(capture: Capture, run: SensingRun) -> None:
    """Warn of a capture that looks made up: nothing that is said of it means anything."""
    if run.suspicions:
        click.echo(f"{capture.path.name} looks made up: {'; '.join(run.suspicions)}", err=True)


def _source(path: Path) -> str:
    return path.name
