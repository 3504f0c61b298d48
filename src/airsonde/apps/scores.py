"""Motion scores of a capture with its events marked, and a picture of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.apps.plots import check_drawable, figure_of, save
from airsonde.core.errors import DecodeError
from airsonde.csi.events import Event, EventKind
from airsonde.csi.model import F32
from airsonde.csi.pipeline import Findings

_COLOURS = {
    EventKind.MOTION_DETECTED: "#d55e00",
    EventKind.MOTION_SETTLED: "#0072b2",
    EventKind.PRESENCE_STARTED: "#009e73",
    EventKind.PRESENCE_ENDED: "#56b4e9",
    EventKind.BREATHING_CANDIDATE: "#cc79a7",
}
_OTHER_COLOUR = "#555555"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """The room's motion over a capture.

    `seconds`, `scores` and `thresholds` are float32[K] (NaN: unknown), `moving` bool[K]; `marks`
    are events with their seconds from the start.
    """

    seconds: F32
    scores: F32
    thresholds: F32
    moving: NDArray[np.bool_]
    marks: tuple[tuple[float, Event], ...]


def scores_of(findings: Iterable[Findings]) -> Scores:
    """Gather scores and events. Raises DecodeError when there is no window."""
    by_end = {}
    events: list[Event] = []
    for found in findings:
        by_end.update({look.window.end_ns: look.room_motion for look in found.looks})
        events += found.events
    if not by_end:
        raise DecodeError("there is no window to draw; `airsonde csi inspect` says why")
    ends = np.array(sorted(by_end), np.int64)
    start_ns = int(ends[0])
    readings = [by_end[int(end)] for end in ends]
    return Scores(
        seconds=((ends - start_ns) / 1e9).astype(np.float32),
        scores=_floats([r.score for r in readings]),
        thresholds=_floats([r.threshold for r in readings]),
        moving=np.array([r.moving is True for r in readings]),
        marks=tuple(((e.t_ns - start_ns) / 1e9, e) for e in events),
    )


def draw_scores(scores: Scores, path: Path, *, title: str, subtitle: str) -> None:
    """Draw the score, its threshold, the moving spans and every event as a labelled line.

    Raises DriverError when it cannot be drawn or written. An existing file is overwritten.
    """
    check_drawable(path)
    figure = figure_of((10.0, 4.2))
    axes = figure.add_subplot()
    axes.fill_between(
        scores.seconds,
        0,
        1,
        where=scores.moving,
        step="pre",
        transform=axes.get_xaxis_transform(),
        color="#e69f00",
        alpha=0.18,
        linewidth=0,
        label="moving",
    )
    axes.plot(scores.seconds, scores.scores, color="#0072b2", linewidth=1.4, label="score")
    axes.plot(scores.seconds, scores.thresholds, color="#999999", linestyle="--", label="threshold")
    _mark(axes, scores)
    axes.set_title(
        f"Motion and events: {title}", loc="left", fontsize=11, fontweight="bold", pad=20
    )
    axes.text(0, 1.02, subtitle, transform=axes.transAxes, fontsize=8.5, color="#555555")
    axes.set_xlabel("Time (s)")
    axes.set_ylabel("Motion score")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncol=3, fontsize=8, frameon=False)
    save(figure, path)


def _mark(axes: Any, scores: Scores) -> None:
    """A line an event; events of one moment share a label."""
    by_second: dict[float, list[Event]] = {}
    for seconds, event in scores.marks:
        by_second.setdefault(seconds, []).append(event)
    for seconds, events in by_second.items():
        colour = _COLOURS.get(events[0].kind, _OTHER_COLOUR)
        axes.axvline(seconds, color=colour, linewidth=1)
        axes.text(
            seconds,
            0.98,
            " " + ", ".join(f"{e.kind.value} {e.confidence:.0%}" for e in events),
            transform=axes.get_xaxis_transform(),
            rotation=90,
            va="top",
            fontsize=7,
            color=colour,
        )


def _floats(values: list[float | None]) -> F32:
    return np.array([np.nan if v is None else v for v in values], np.float32)
