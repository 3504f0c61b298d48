"""Which parts of a stretch may be looked at: measured, and not shaken by a movement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, Bools

_STILL = 1e-12  # (the rounding of single precision) squared


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchLimits:
    """In bins of 0.2 s, and as a factor over the median of the stretch."""

    longest_hole: int = 7
    shaken: float = 6.0
    margin: int = 5
    shortest_segment: int = 60


def quiet_segments(rows: F32, real: Bools, limits: StretchLimits) -> list[slice]:
    """Segments of float32[n, M] without holes of unmeasured bins and without bursts of change.

    A burst is where the second difference of the streams, each over its own median, has a mean
    square of more than `shaken` times the median in a second.
    """
    return _runs(measured(real, limits) & ~shaken(rows, limits), limits.shortest_segment)


def measured(real: Bools, limits: StretchLimits) -> Bools:
    """bool[n]: False in holes longer than `longest_hole` bins, and at unmeasured ends."""
    kept = np.ones(len(real), dtype=bool)
    for hole in _runs(~real, 1):
        at_an_end = hole.start == 0 or hole.stop == len(real)
        if at_an_end or hole.stop - hole.start > limits.longest_hole:
            kept[hole] = False
    return kept


def shaken(rows: F32, limits: StretchLimits) -> Bools:
    """bool[n]: where the streams jump together, with a margin on both sides."""
    jumps = np.square(rows[2:] - 2 * rows[1:-1] + rows[:-2])
    level = np.median(jumps, axis=0)
    alive = level > _STILL
    if not alive.any():
        return np.zeros(len(rows), dtype=bool)
    relative = (jumps[:, alive] / level[alive]).mean(axis=1)
    second = np.convolve(relative, np.full(5, 0.2), mode="same")
    loud = np.concatenate([[False], second > limits.shaken * np.median(second), [False]])
    width = 2 * limits.margin + 1
    return np.convolve(loud, np.ones(width), mode="same") > 0.5


def _runs(flags: Bools, least: int) -> list[slice]:
    edges: NDArray[np.intp] = np.flatnonzero(np.diff(np.concatenate([[0], flags, [0]])))
    pairs = edges.reshape(-1, 2).tolist()
    return [slice(a, b) for a, b in pairs if b - a >= least]
