"""`airsonde csi calibrate`: learn an empty room."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from airsonde.apps.calibrate import confirm, learn
from airsonde.apps.calibrations import check_room, write_calibration
from airsonde.captures.capture import open_capture
from airsonde.csi.calibration import Calibration, Refusal
from airsonde.faces.cli.capture_argument import capture_argument, open_argument
from airsonde.faces.cli.output import print_json


@click.command()
@capture_argument
@click.option("--room", default="room", show_default=True, help="Whose baseline it is.")
@click.option(
    "--occupied",
    type=click.Path(path_type=Path),
    help="A control: a capture in which somebody moves about in the same room.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here [default: kept]."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def calibrate(  # noqa: PLR0917  (click passes them by name)
    path: Path,
    format_: str | None,
    port: int | None,
    room: str,
    occupied: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Learn from CAPTURE what the empty room looks like; refuse one in which something moves.

    It passes when the room was still and stayed the same, and is confirmed by --occupied. What is
    kept is used by name: airsonde csi events CAPTURE --baseline ROOM.
    """
    check_room(room)
    capture = open_argument(path, format_, port)
    outcome = learn(capture.reader().blocks(), room=room, source=path.name, on_progress=_progress())
    if isinstance(outcome, Calibration) and occupied is not None:
        control = open_capture(occupied)
        outcome = confirm(outcome, control.reader().blocks(), occupied.name)
    if isinstance(outcome, Refusal):
        if as_json:
            print_json({"passed": False, "reason": outcome.reason, "remedy": outcome.remedy})
        raise click.ClickException(f"not calibrated: {outcome.reason}; {outcome.remedy}")
    written = write_calibration(outcome, out)
    if as_json:
        print_json(_fields(outcome, written))
        return
    click.echo(
        f"{outcome.version}: stability {outcome.stability:.2f}, "
        f"{(outcome.last_ns - outcome.first_ns) / 1e9:.0f} s, {len(outcome.lanes)} lanes"
    )
    if outcome.control is None:
        click.echo("not confirmed: no control was given (--occupied CAPTURE)", err=True)
    else:
        click.echo(f"confirmed: {outcome.control:.0%} of the control stands out")
    click.echo(f"wrote {written}")


def _fields(calibration: Calibration, written: Path) -> dict[str, object]:
    return {
        "passed": True,
        "confirmed": calibration.confirmed,
        "version": calibration.version,
        "room": calibration.room,
        "stability": calibration.stability,
        "control": calibration.control,
        "first_ns": calibration.first_ns,
        "last_ns": calibration.last_ns,
        "lanes": [{"lane": lane.key, "windows": lane.windows} for lane in calibration.lanes],
        "file": str(written),
    }


def _progress() -> Callable[[float], None]:
    """Show the share of the least time, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda share: click.echo(f"\r{share:4.0%} of the least time\x1b[K", err=True, nl=False)
