"""`airsonde csi plot`: a capture as a picture, in a file or in the terminal."""

from pathlib import Path
from typing import Final

import click
from rich.console import Console

from airsonde.apps.pictures import Kind, Pictures, gather, identity, main_lane
from airsonde.apps.plots import check_drawable, draw
from airsonde.apps.scores import draw_scores, scores_of
from airsonde.captures.capture import Capture
from airsonde.faces.cli.capture_argument import capture_argument, open_argument
from airsonde.faces.cli.csi_windows import print_events
from airsonde.faces.cli.output import count_of
from airsonde.faces.cli.sensing_options import run_over
from airsonde.faces.cli.terminal_pictures import bar_line, print_image, print_motion

_EVENTS: Final = "events"


@click.command()
@capture_argument
@click.option(
    "--kind",
    type=click.Choice([*(k.value for k in Kind), _EVENTS]),
    default=Kind.WATERFALL.value,
    show_default=True,
    help="What to draw.",
)
@click.option("--lane", type=click.IntRange(min=0), help="Which lane [default: the longest].")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write here: .png or .svg.")
@click.option("--terminal", is_flag=True, help="Draw in the terminal (the default without -o).")
def plot(  # noqa: PLR0917  (click passes them by name)
    path: Path,
    format_: str | None,
    port: int | None,
    kind: str,
    lane: int | None,
    out: Path | None,
    terminal: bool,
) -> None:
    """Draw CAPTURE: amplitude by subcarrier and time, phase, spectrogram, motion or events.

    Amplitudes are relative to each frame's RMS, so gain control does not show. Grey: not measured.
    """
    if out is not None:
        check_drawable(out)
    capture = open_argument(path, format_, port)
    if kind == _EVENTS:
        _plot_events(capture, out)
        return
    wanted = Kind(kind)
    number = main_lane(capture.survey) if lane is None else lane
    pictures = gather(capture.reader().blocks(), number, frozenset({wanted}))
    if terminal or out is None:
        print_pictures(Console(), pictures, path.name)
    if out is not None:
        draw(pictures, wanted, out, title=path.name)
        click.echo(f"wrote {out}")


def _plot_events(capture: Capture, out: Path | None) -> None:
    """Scores of the whole room with its events, in a file or as bars and lines of text."""
    scores = scores_of(run_over(capture).findings())
    if out is None:
        console = Console()
        console.print(bar_line(console, scores.scores), soft_wrap=True)
        print_events(event for _, event in scores.marks)
        return
    frames = sum(lane.frames for lane in capture.lanes)
    subtitle = f"{capture.format} · {count_of(len(capture.lanes), 'lane')} · {frames} frames"
    draw_scores(scores, out, title=capture.path.name, subtitle=subtitle)
    click.echo(f"wrote {out}")


def print_pictures(console: Console, pictures: Pictures, title: str) -> None:
    """Print every picture there is, under one line that says what it shows."""
    head = f"{title}: {identity(pictures.lane, pictures.frames)}"
    for kind, image in pictures.images.items():
        console.print(f"{kind.value} · {head}", style="bold", highlight=False, soft_wrap=True)
        print_image(console, image, pictures.lane.valid)
    if pictures.motion is not None:
        console.print(f"motion · {head}", style="bold", highlight=False, soft_wrap=True)
        print_motion(console, pictures.motion)
