"""How a baseline moved: not at all, along a line, or in one step."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from airsonde.mesh.model import Drift


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftConfig:
    """`least` is the smallest change that counts; `noises` how many times the noise it must be."""

    least: float = 0.05
    noises: float = 4.0
    least_values: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """`change` is the height of the step or of the line from its first to its last value."""

    drift: Drift
    change: float


def trend(values: Sequence[float], config: DriftConfig) -> Trend:
    """Classify equally spaced values by which model leaves the least squares: line or step.

    Both have to explain a change that is larger than `least` and than `noises` times the noise
    (1.4826 · median |difference of neighbours| / √2, which neither a line's slope nor one step
    moves much). Fewer than `least_values` are stable.
    """
    if len(values) < config.least_values:
        return Trend(drift=Drift.STABLE, change=0.0)
    differences = [b - a for a, b in pairwise(values)]
    center = median(differences)
    noise = 1.4826 * median(abs(d - center) for d in differences) / 2**0.5
    line_error, rise = _line(values)
    step_error, height = _step(values)
    stepped = step_error < line_error
    change = height if stepped else rise
    if abs(change) < max(config.least, config.noises * noise):
        return Trend(drift=Drift.STABLE, change=change)
    return Trend(drift=Drift.STEP_CHANGE if stepped else Drift.LINEAR, change=change)


def _line(values: Sequence[float]) -> tuple[float, float]:
    """Squared error of the best line, and its rise over all values."""
    n = len(values)
    mid_x, mid_y = (n - 1) / 2, fmean(values)
    spread = sum((x - mid_x) ** 2 for x in range(n))
    slope = sum((x - mid_x) * (y - mid_y) for x, y in enumerate(values)) / spread
    error = sum((y - mid_y - slope * (x - mid_x)) ** 2 for x, y in enumerate(values))
    return error, slope * (n - 1)


def _step(values: Sequence[float]) -> tuple[float, float]:
    """Squared error of the best two levels, each of two values or more, and their difference."""
    best = (float("inf"), 0.0)
    for cut in range(2, len(values) - 1):
        low, high = fmean(values[:cut]), fmean(values[cut:])
        error = sum((y - low) ** 2 for y in values[:cut])
        error += sum((y - high) ** 2 for y in values[cut:])
        best = min(best, (error, high - low))
    return best
