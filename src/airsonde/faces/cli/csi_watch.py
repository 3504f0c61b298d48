"""`airsonde csi watch`: a live view in the terminal."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from airsonde.apps.calibrate import baseline as baseline_of
from airsonde.apps.live import LINGER_S, LiveRun
from airsonde.apps.paced import Pace, paced_blocks
from airsonde.apps.pictures import identity
from airsonde.apps.python_api import datagram_decoder
from airsonde.apps.watched import Watched
from airsonde.captures.capture import open_capture
from airsonde.csi.calibration import Calibration
from airsonde.csi.pipeline import Pipeline
from airsonde.faces.cli.csi_windows import event_text
from airsonde.faces.cli.live_source import LiveChoice, live_choice, live_options
from airsonde.faces.cli.sensing_options import baseline_option
from airsonde.faces.cli.terminal_pictures import bar_line, image_lines

_REFRESH_S: Final = 0.2
_LOUD: Final = {
    "moving": "bold yellow",
    "occupied": "bold green",
    "empty": "bold blue",
    "unknown": "bold",
}


@click.command()
@click.argument("path", metavar="[CAPTURE]", required=False, type=click.Path(path_type=Path))
@live_options
@baseline_option
@click.option("--speed", default=1.0, type=click.FloatRange(min=0.01), help="Of a capture.")
def watch(  # noqa: PLR0917  (click passes them by name)
    path: Path | None,
    udp: str | None,
    serial: str | None,
    baud: int,
    family: str | None,
    baseline: str | None,
    speed: float,
) -> None:
    """Show a live source, or a replay of CAPTURE, until Ctrl-C.

    From above: who sends, what is known of the room, the waterfall, the motion score, the events.
    """
    calibration = baseline_of(baseline) if baseline else None
    if path is not None and (udp or serial):
        raise click.UsageError("name a capture or a live source, not both")
    if path is not None:
        _replay(path, speed, calibration)
        return
    choice = live_choice(udp, serial, baud, family)
    asyncio.run(_live(choice, Pipeline(choice.name, calibration=calibration)))


def _replay(path: Path, speed: float, calibration: Calibration | None) -> None:
    watched, pipeline = Watched(), Pipeline(path.name, calibration=calibration)
    reader = open_capture(path).reader()
    with _screen(watched, f"REPLAY of {path.name}") as show:
        for batches in paced_blocks(reader, Pace(speed)):
            watched.add(batches, pipeline.feed(batches))
            show.refresh()
        watched.add([], pipeline.flush())


async def _live(choice: LiveChoice, pipeline: Pipeline) -> None:
    watched, source = Watched(), choice.open(linger_s=LINGER_S)
    run = LiveRun(source, datagram_decoder(choice.family), pipeline)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, run.stop)
    try:
        with _screen(watched, f"LIVE {source.name}") as show:
            async for heard in run.heard():
                watched.add(heard.batches, heard.findings)
                show.refresh()
    finally:
        await source.aclose()


class _Show:
    """Draws at most five times a second."""

    def __init__(self, live: Live, watched: Watched, title: str) -> None:
        self._live = live
        self._watched = watched
        self._title = title
        self._next_s = 0.0

    def refresh(self) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + _REFRESH_S
            self.draw()

    def draw(self) -> None:
        view = _view(self._live.console, self._watched, self._title)
        self._live.update(view, refresh=True)


@contextmanager
def _screen(watched: Watched, title: str) -> Iterator[_Show]:
    """A screen of its own on a terminal; the last picture stays when it ends."""
    console = Console()
    with Live(console=console, auto_refresh=False, transient=False) as live:
        show = _Show(live, watched, title)
        show.draw()
        try:
            yield show
        except KeyboardInterrupt:
            pass
        finally:
            show.draw()


def _view(console: Console, watched: Watched, title: str) -> Group:
    head = Text(title, style="bold")
    lane = watched.lane
    if lane is None:
        return Group(head, Text("no frame yet: `airsonde csi record --help` says what to check"))
    values, tones = watched.waterfall()
    lines: list[Text] = [head, Text(identity(lane, watched.frames), style="dim"), _verdict(watched)]
    if len(values) > 1:
        lines += image_lines(console, values, tones, rows=10)
    scores = watched.scores()
    if len(scores):
        lines.append(bar_line(console, scores))
    lines += [Text(event_text(event), no_wrap=True) for event in watched.events]
    return Group(*lines)


def _verdict(watched: Watched) -> Text:
    look = watched.look
    if look is None:
        return Text("gathering the first second")
    presence, breathing = look.presence, look.breathing
    line = Text(f"{presence.verdict.value.upper()} ", style=_LOUD[presence.verdict.value])
    line.append(f"{presence.confidence:.0%}  {presence.reason}", style="not bold")
    if breathing is not None and breathing.bpm is not None:
        line.append(f"  breathing {breathing.bpm:.1f}/min", style="not bold")
    return line
