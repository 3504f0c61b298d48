"""Pictures made of characters: coloured half blocks on a terminal, plain ASCII in a pipe."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from airsonde.apps.pictures import Image, Kind, MotionLine
from airsonde.csi.model import F32

_ROWS = 16
_WIDEST = 120
_LABEL = 6
_RAMP = " .:-=+*#%@"
_BARS = "▁▂▃▄▅▆▇█"
_EMPTY = (64, 64, 64)
# Eight stops of viridis (matplotlib, CC0), evenly spaced.
_STOPS = np.array(
    [
        (68, 1, 84),
        (70, 50, 127),
        (54, 92, 141),
        (39, 127, 142),
        (31, 161, 135),
        (74, 194, 109),
        (159, 218, 58),
        (253, 231, 37),
    ],
    dtype=np.float64,
)
_Levels: TypeAlias = NDArray[np.float64]
_Cuts: TypeAlias = NDArray[np.intp]


def print_image(console: Console, image: Image, valid: NDArray[np.bool_]) -> None:
    """Print an image with its rows labelled; colours only where the console has them."""
    values = image.picture.values
    if not values.size:
        console.print("  (too short to draw)")
        return
    used = np.flatnonzero(valid) if image.kind is not Kind.SPECTROGRAM else np.arange(1, 1)
    rows = slice(used[0], used[-1] + 1) if len(used) else slice(None)
    for line in image_lines(console, values[:, rows], image.rows[rows]):
        console.print(line, no_wrap=True, soft_wrap=True)
    width = picture_width(console)
    _print_time(console, width, image.start_s, image.start_s + image.picture.seconds)


def picture_width(console: Console) -> int:
    """How many cells a picture has from left to right."""
    return min(_WIDEST, console.width - _LABEL - 2)


def image_lines(console: Console, values: F32, labels: F32, rows: int = _ROWS) -> list[Text]:
    """Lines of text that show float32[K, R], time to the right, its rows labelled float32[R]."""
    colour = console.color_system is not None
    levels = _shrunk(values, picture_width(console), 2 * rows if colour else rows)
    lines = _coloured(levels) if colour else _plain(levels)
    at = {0: labels[-1], len(lines) // 2: labels[len(labels) // 2], len(lines) - 1: labels[0]}
    return [
        Text(f"{f'{at[i]:.0f}' if i in at else '':>{_LABEL}} ") + line
        for i, line in enumerate(lines)
    ]


def print_motion(console: Console, line: MotionLine) -> None:
    """Print the motion score as one line of bars from zero to its largest value."""
    if not np.isfinite(line.scores).any():
        console.print("  (too few frames for a motion score)")
        return
    console.print(bar_line(console, line.scores), soft_wrap=True)
    _print_time(console, picture_width(console), float(line.seconds[0]), float(line.seconds[-1]))


def bar_line(console: Console, values: F32) -> Text:
    """float32[K] (NaN: nothing) as one line of bars from zero to the largest, which is named."""
    levels = _shrunk(values[:, None], picture_width(console), 1)[0]
    known = levels[np.isfinite(levels)]
    largest = float(known.max(initial=0.0)) or 1.0
    ramp = _BARS if console.color_system is not None else _RAMP
    steps = np.nan_to_num(levels / largest) * (len(ramp) - 1)
    bars = "".join(
        " " if np.isnan(level) else ramp[round(step)]
        for level, step in zip(levels.tolist(), steps.tolist(), strict=True)
    )
    return Text(f"{largest:>{_LABEL}.2f} ") + Text(bars, style="cyan")


def _print_time(console: Console, width: int, start_s: float, end_s: float) -> None:
    end = f"{end_s:.1f} s"
    gap = max(1, width - len(end))
    console.print(Text(" " * (_LABEL + 1) + f"{start_s:.0f}".ljust(gap) + end, style="dim"))


def _shrunk(values: F32, width: int, height: int) -> _Levels:
    """float64[height, width], highest row first: means of what falls into each cell.

    Where there are fewer columns than cells, a column fills several.
    """
    height = min(height, values.shape[1])
    across = np.linspace(0, len(values), width + 1).astype(int)
    down = np.linspace(0, values.shape[1], height + 1).astype(int)
    seen = np.isfinite(values)
    sums = _cells(np.where(seen, values, 0.0), across, down)
    counts = _cells(seen.astype(np.float64), across, down)
    means = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means.T[::-1]


def _cells(values: _Levels | F32, across: _Cuts, down: _Cuts) -> _Levels:
    columns = np.add.reduceat(values, across[:-1], axis=0, dtype=np.float64)
    return np.asarray(np.add.reduceat(columns, down[:-1], axis=1))


def _shares(levels: _Levels) -> _Levels:
    """Where each level lies between the low and the high end of what is shown, 0..1."""
    low, high = np.nanpercentile(levels, [2, 99.5])
    return np.asarray(np.clip((levels - low) / max(high - low, 1e-9), 0, 1))


def _plain(levels: _Levels) -> list[Text]:
    shares = _shares(levels)
    cells = np.nan_to_num(shares * (len(_RAMP) - 1)).round().astype(int)
    empty = np.isnan(shares)
    return [
        Text("".join("/" if e else _RAMP[c] for c, e in zip(row, gone, strict=True)))
        for row, gone in zip(cells.tolist(), empty.tolist(), strict=True)
    ]


def _coloured(levels: _Levels) -> list[Text]:
    """Two levels a character: the upper one in the foreground, the lower in the background."""
    if len(levels) % 2:
        levels = np.concatenate([levels, levels[-1:]])
    colours = _colours(_shares(levels)).tolist()
    lines = []
    for upper, lower in zip(colours[::2], colours[1::2], strict=True):
        line = Text()
        for above, below in zip(upper, lower, strict=True):
            line.append("▀", style=f"rgb({_rgb(above)}) on rgb({_rgb(below)})")
        lines.append(line)
    return lines


def _rgb(colour: list[int]) -> str:
    return ",".join(map(str, colour))


def _colours(shares: _Levels) -> NDArray[np.int64]:
    at = np.nan_to_num(shares) * (len(_STOPS) - 1)
    stops = np.arange(len(_STOPS))
    mixed = np.stack([np.interp(at, stops, _STOPS[:, i]) for i in range(3)], axis=-1)
    mixed[np.isnan(shares)] = _EMPTY
    return np.asarray(mixed.round(), dtype=np.int64)
