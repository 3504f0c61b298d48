"""The last minute of a lane in bins of 0.2 s: bounded, whatever bursts and clocks do."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, I64
from airsonde.csi.resample import binned

STEP_NS: Final = 200_000_000


class History:
    """A ring of means of rows; time may jump, the ring forgets what falls out of it."""

    def __init__(self, bins: int) -> None:
        self._bins = bins
        self._newest: int | None = None
        self._count = np.zeros(bins, np.int64)
        self._rows: F32 = np.zeros((bins, 0), np.float32)

    @property
    def held_bytes(self) -> int:
        return self._rows.nbytes + self._count.nbytes

    def add(self, t_ns: I64, rows: F32) -> None:
        """Take float32[N ≥ 1, K] rows; those older than the ring are left out."""
        if self._rows.shape[1] != rows.shape[1]:
            self._rows = np.zeros((self._bins, rows.shape[1]), np.float32)
            self._count[:] = 0
        found = binned(t_ns, rows, STEP_NS)
        newest = self._advance(int(found.number[-1]))
        fresh = found.number > newest - self._bins
        slot, more = found.number[fresh] % self._bins, found.count[fresh]
        total = self._count[slot] + more
        share = (more / total).astype(np.float32)[:, None]
        self._rows[slot] += share * (found.rows[fresh] - self._rows[slot])
        self._count[slot] = total

    def latest(self, bins: int) -> tuple[F32, I64] | None:
        """The newest bins in order and how many frames each holds, from the first that holds any.

        At most as many bins as asked; None before anything was added.
        """
        if self._newest is None:
            return None
        order = np.arange(self._newest - min(bins, self._bins) + 1, self._newest + 1) % self._bins
        order = order[int(np.argmax(self._count[order] > 0)) :]
        return self._rows[order], self._count[order]

    def _advance(self, newest: int) -> int:
        """Clear what the ring's head passes over; far back in time is a new beginning."""
        before = self._newest
        if before is None or abs(newest - before) >= self._bins:
            self._forget(slice(None))
        elif newest > before:
            self._forget(np.arange(before + 1, newest + 1) % self._bins)
        else:
            return before
        self._newest = newest
        return newest

    def _forget(self, slots: slice | NDArray[np.intp]) -> None:
        self._count[slots] = 0
        self._rows[slots] = 0
