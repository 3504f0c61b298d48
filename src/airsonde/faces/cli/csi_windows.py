"""`airsonde csi windows` and `airsonde csi events`: what a preset makes of a capture."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from airsonde.apps.quarantine import save_quarantine
from airsonde.apps.rvcsi_pipeline import ReferenceRun
from airsonde.apps.rvcsi_results import event_array, event_line, window_line
from airsonde.apps.sensing_results import event_fields, window_fields
from airsonde.captures.capture import Capture
from airsonde.csi.events import Event
from airsonde.csi.pipeline import Look
from airsonde.faces.cli.capture_argument import capture_argument, open_argument
from airsonde.faces.cli.output import print_json, print_line, time_text
from airsonde.faces.cli.sensing_options import baseline_option, run_over, tell_suspicions

F = TypeVar("F", bound=Callable[..., Any])


def preset_option(command: F) -> F:
    """Add --preset."""
    return click.option(
        "--preset",
        type=click.Choice(["default", "rvcsi"]),
        default="default",
        show_default=True,
        help="Whose pipeline: ours, or the rvCSI reference's, exactly.",
    )(command)


@click.command()
@capture_argument
@preset_option
@baseline_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def windows(
    path: Path,
    format_: str | None,
    port: int | None,
    preset: str,
    baseline: str | None,
    as_json: bool,
) -> None:
    """Print the windows of CAPTURE and what was read from each.

    A window is a second, one begins every half; with --preset rvcsi up to 16 frames or 1 s.
    """
    capture = open_argument(path, format_, port)
    if preset == "rvcsi":
        _no_baseline(baseline)
        _reference_windows(ReferenceRun(capture.reader()), as_json=as_json)
    else:
        _print_windows(run_over(capture, baseline).looks(), as_json=as_json)


@click.command()
@capture_argument
@preset_option
@baseline_option
@click.option(
    "--quarantine",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the newest refused frames here (.rvcsi), with the reasons.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def events(  # noqa: PLR0917  (click passes them by name)
    path: Path,
    format_: str | None,
    port: int | None,
    preset: str,
    baseline: str | None,
    quarantine: Path | None,
    as_json: bool,
) -> None:
    """Print what the detectors say of CAPTURE, with the windows that made them say it."""
    capture = open_argument(path, format_, port)
    if preset == "rvcsi":
        _no_baseline(baseline)
        _reference_events(ReferenceRun(capture.reader()), as_json=as_json)
        return
    run = run_over(capture, baseline)
    found = list(run.events())
    if as_json:
        print_json([event_fields(e) for e in found])
    else:
        print_events(found)
    tell_suspicions(capture, run)
    _tell_refused(capture, run.pipeline.windowing.quarantine.reasons)
    if quarantine is not None:
        saved = save_quarantine(run.pipeline.windowing.quarantine, quarantine, capture.path.name)
        click.echo(f"wrote {saved} refused frames to {quarantine}", err=True)


def print_events(found: Iterable[Event]) -> None:
    """One event a line, times from the first one's second on."""
    for event in found:
        click.echo(event_text(event))


def event_text(event: Event) -> str:
    """One event for people."""
    numbers = ", ".join(f"{k} {_short(v)}" for k, v in event.numbers.items() if v is not None)
    return (
        f"{time_text(event.t_ns)}  {event.kind.value:<20} {event.confidence:4.0%}  "
        f"lane {event.lane}  windows {_span(event.evidence)}  {numbers}"
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _span(evidence: tuple[int, ...]) -> str:
    return f"{evidence[0]}…{evidence[-1]}" if len(evidence) > 1 else f"{evidence[0]}"


def _no_baseline(baseline: str | None) -> None:
    if baseline is not None:
        raise click.UsageError("--preset rvcsi learns its own baseline; leave --baseline out")


def _reference_windows(run: ReferenceRun, *, as_json: bool) -> None:
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


def _reference_events(run: ReferenceRun, *, as_json: bool) -> None:
    found = list(run.events())
    if as_json:
        click.echo(event_array(found, run.subject))
        return
    for event in found:
        click.echo(event_line(event))


def _print_windows(looks: Iterable[Look], *, as_json: bool) -> None:
    if not as_json:
        click.echo("window lane  end                      frames quality  motion        presence")
    for look in looks:
        if as_json:
            print_line(window_fields(look))
            continue
        window, motion = look.window, look.motion
        score = "-" if motion.score is None else f"{motion.score:.3g}"
        moving = {True: "moving", False: "still", None: "?"}[motion.moving]
        click.echo(
            f"{window.window_id:6d} {window.lane.number:4d}  {time_text(window.end_ns)} "
            f"{len(window.frames):6d} {window.quality:7.2f}  {score:<6} {moving:<6} "
            f"{look.presence.verdict.value}"
        )


def _tell_refused(capture: Capture, reasons: dict[str, int]) -> None:
    for reason, number in sorted(reasons.items(), key=lambda r: -r[1])[:5]:
        click.echo(f"{capture.path.name}: {number} frames refused: {reason}", err=True)
