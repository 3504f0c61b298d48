"""A picture over time of a stream of unknown length, in a fixed number of columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, I64

_FIRST_WIDTH_NS = 1_000_000
_LONGEST_STEP_NS = 60_000_000_000
_FILLED_GAP = 3  # columns apart, in units of the usual distance, that still belong together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """float32[columns, rows], NaN where nothing was measured; `seconds` from left to right edge."""

    values: F32
    seconds: float


class TimeColumns:
    """Means of rows by column of time; columns double their width whenever they run out.

    A clock that runs backwards stands still here, and a pause counts as a minute at most.
    """

    def __init__(self, columns: int = 1024) -> None:
        self._columns = columns
        self._width_ns = _FIRST_WIDTH_NS
        self._sums: NDArray[np.float64] = np.empty((0, 0))
        self._counts: I64 = np.zeros(columns, dtype=np.int64)
        self._last_ns: int | None = None
        self._at_ns = 0

    def add(self, t_ns: I64, values: F32) -> None:
        """Add float32[N, rows] at int64[N]; rows that are NaN in a whole column stay NaN.

        Frames without any number are left out.
        """
        at = self._positions(t_ns)
        seen = ~np.isnan(values).all(axis=1)
        if not seen.any():
            return
        if not self._sums.size:
            self._sums = np.zeros((self._columns, values.shape[1]))
        while at[-1] >= self._columns * self._width_ns:
            self._widen()
        columns = at[seen] // self._width_ns
        first = np.flatnonzero(np.diff(columns, prepend=-1))
        self._sums[columns[first]] += np.add.reduceat(values[seen], first, dtype=np.float64)
        self._counts += np.bincount(columns, minlength=self._columns)

    def _positions(self, t_ns: I64) -> I64:
        before = int(t_ns[0]) if self._last_ns is None else self._last_ns
        steps = np.clip(np.diff(t_ns, prepend=before), 0, _LONGEST_STEP_NS)
        at = self._at_ns + np.cumsum(steps)
        self._last_ns, self._at_ns = int(t_ns[-1]), int(at[-1])
        return np.asarray(at, dtype=np.int64)

    def _widen(self) -> None:
        half = self._columns // 2
        sums, counts = self._sums, self._counts
        self._sums, self._counts = np.zeros_like(sums), np.zeros_like(counts)
        self._sums[:half] = sums[0 : 2 * half : 2] + sums[1 : 2 * half : 2]
        self._counts[:half] = counts[0 : 2 * half : 2] + counts[1 : 2 * half : 2]
        self._width_ns *= 2

    def picture(self) -> Picture:
        """What was added so far. Columns between two frames are filled from the one before."""
        filled = np.flatnonzero(self._counts)
        if not len(filled):
            return Picture(values=np.empty((0, 0), dtype=np.float32), seconds=0.0)
        means = self._sums[filled] / self._counts[filled, None]
        used = int(filled[-1]) + 1
        reach = _FILLED_GAP * (np.median(np.diff(filled)) if len(filled) > 1 else 1)
        source = np.searchsorted(filled, np.arange(used), side="right") - 1
        values = means[source].astype(np.float32)
        values[np.arange(used) - filled[source] > reach] = np.nan
        return Picture(values=values, seconds=used * self._width_ns / 1e9)
