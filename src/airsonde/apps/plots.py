"""Draw pictures of a capture as PNG or SVG."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.apps.pictures import Image, Kind, MotionLine, Pictures, identity
from airsonde.core.errors import ConfigError, DriverError
from airsonde.csi.model import F32

SUFFIXES = (".png", ".svg")

_SIZE_INCHES = {Kind.MOTION: (10.0, 3.4)}
_USUAL_SIZE_INCHES = (10.0, 5.0)
_DOTS_PER_INCH = 150
_NOT_MEASURED = "#d4d4d4"
_HIGHEST_HZ = 60.0
_MARGIN = 0.06
_MOST_POINTS = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    headline: str
    rows: str
    bar: str
    colours: str
    percentiles: tuple[float, float]


_LOOKS = {
    Kind.WATERFALL: _Look(
        headline="Amplitude",
        rows="Subcarrier index",
        bar="Amplitude (dB, frame RMS = 0)",
        colours="viridis",
        percentiles=(2.0, 99.5),
    ),
    Kind.PHASE: _Look(
        headline="Phase without offset and slope",
        rows="Subcarrier index",
        bar="Phase (rad)",
        colours="PuOr",
        percentiles=(1.0, 99.0),
    ),
    Kind.SPECTROGRAM: _Look(
        headline="Spectrogram of the most varying subcarriers",
        rows="Frequency (Hz)",
        bar="Power (dB)",
        colours="magma",
        percentiles=(20.0, 99.8),
    ),
}


def check_drawable(path: Path) -> None:
    """Raise ConfigError for a suffix that cannot be drawn or a folder that is not there."""
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path.name} is no picture; end it in {' or '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise ConfigError(f"there is no folder {path.parent}; make it first")


def draw(pictures: Pictures, kind: Kind, path: Path, *, title: str) -> None:
    """Draw one picture. Raises DriverError when it cannot be drawn or written.

    An existing file is overwritten.
    """
    check_drawable(path)
    figure = figure_of(_SIZE_INCHES.get(kind, _USUAL_SIZE_INCHES))
    axes = figure.add_subplot()
    if kind is Kind.MOTION:
        headline = "Motion score"
        _draw_motion(axes, pictures.motion)
    else:
        headline = _LOOKS[kind].headline
        _draw_image(figure, axes, pictures.images[kind], pictures.lane.valid)
    axes.set_title(f"{headline}: {title}", loc="left", fontsize=11, fontweight="bold", pad=20)
    subtitle = identity(pictures.lane, pictures.frames)
    axes.text(0, 1.02, subtitle, transform=axes.transAxes, fontsize=8.5, color="#555555")
    axes.set_xlabel("Time (s)")
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write a figure. Raises DriverError when that fails."""
    try:
        figure.savefig(path, dpi=_DOTS_PER_INCH)
    except OSError as e:
        raise DriverError(f"cannot write {path}: {e.strerror}") from e


def figure_of(size_inches: tuple[float, float]) -> Any:
    """An empty figure. Raises DriverError where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise DriverError("pictures need matplotlib: pip install 'airsonde[plot]'") from None
    figure = Figure(figsize=size_inches, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _draw_image(figure: Any, axes: Any, image: Image, valid: NDArray[np.bool_]) -> None:
    from matplotlib import colormaps

    look = _LOOKS[image.kind]
    if not image.picture.values.size:
        _say(axes, "the recording is too short for this picture")
        return
    low, high = _limits(image, look)
    seconds = np.linspace(0, image.picture.seconds, len(image.picture.values) + 1)
    mesh = axes.pcolormesh(
        seconds + image.start_s,
        _edges(image.rows),
        np.ma.masked_invalid(image.picture.values.T),
        cmap=colormaps[look.colours].with_extremes(bad=_NOT_MEASURED),
        vmin=low,
        vmax=high,
        rasterized=True,
    )
    axes.set_facecolor(_NOT_MEASURED)
    axes.set_ylabel(look.rows)
    axes.set_ylim(*_row_limits(image, valid))
    figure.colorbar(mesh, ax=axes, label=look.bar, pad=0.015, aspect=30)


def _limits(image: Image, look: _Look) -> tuple[float, float]:
    low, high = np.nanpercentile(image.picture.values, look.percentiles).tolist()
    if image.kind is Kind.PHASE:
        low, high = -max(-low, high), max(-low, high)
    return (low, high) if high > low else (low - 1, high + 1)


def _edges(rows: F32) -> F32:
    """Borders between rows: half way to the next, as far beyond the outermost."""
    if len(rows) == 1:
        return np.array([rows[0] - 0.5, rows[0] + 0.5], dtype=np.float32)
    middles = (rows[1:] + rows[:-1]) / 2
    first, last = 2 * rows[0] - middles[0], 2 * rows[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]]).astype(np.float32)


def _row_limits(image: Image, valid: NDArray[np.bool_]) -> tuple[float, float]:
    """Show where something was measured and a margin around it."""
    edges = _edges(image.rows)
    if image.kind is Kind.SPECTROGRAM:
        return float(edges[0]), min(float(edges[-1]), _HIGHEST_HZ)
    used = np.flatnonzero(valid)
    if not len(used):
        return float(edges[0]), float(edges[-1])
    low, high = float(edges[used[0]]), float(edges[used[-1] + 1])
    margin = _MARGIN * (high - low)
    return max(low - margin, float(edges[0])), min(high + margin, float(edges[-1]))


def _draw_motion(axes: Any, line: MotionLine | None) -> None:
    if line is None or not np.isfinite(line.scores).any():
        _say(axes, "too few frames for a motion score (8 in a second)")
        return
    seconds, scores = _thinned(line)
    axes.fill_between(seconds, scores, color="#0072b2", alpha=0.2, linewidth=0)
    axes.plot(seconds, scores, color="#0072b2", linewidth=1.4)
    axes.set_xlim(0, float(line.seconds[-1]))
    axes.set_ylim(0, 1.08 * float(np.nanmax(line.scores)) or 1.0)
    axes.set_ylabel("Variation of amplitude\n(share of mean, 1 s)")
    axes.grid(visible=True, color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _thinned(line: MotionLine) -> tuple[F32, F32]:
    """At most some thousand points; each is the highest score of the stretch it stands for."""
    stretch = -(-len(line.scores) // _MOST_POINTS)
    first = np.arange(0, len(line.scores), stretch)
    return line.seconds[first], np.fmax.reduceat(line.scores, first)


def _say(axes: Any, sentence: str) -> None:
    axes.text(0.5, 0.5, sentence, transform=axes.transAxes, ha="center", color="#555555")
    axes.set_yticks([])
