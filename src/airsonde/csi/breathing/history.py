"""The last minute of a lane in bins of 0.2 s: bounded, whatever bursts and clocks do."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.breathing.streams import Shapes
from airsonde.csi.model import I64, Bools
from airsonde.csi.resample import binned

STEP_NS: Final = 200_000_000


class History:
    """A ring of `bins` means of shapes; time may jump, the ring forgets what falls out of it."""

    def __init__(self, bins: int) -> None:
        self._bins = bins
        self._newest: int | None = None
        self._count = np.zeros(bins, np.int64)
        self._held: Shapes | None = None

    def add(self, t_ns: I64, frames: Shapes) -> None:
        """Take N ≥ 1 frames; those older than the ring are left out."""
        if self._held is None:
            self._held = Shapes(*(_zeros(self._bins, kind) for kind in frames.kinds))
        parts = [binned(t_ns, kind, STEP_NS) for kind in frames.kinds]
        self._advance(int(parts[0].number[-1]))
        assert self._newest is not None  # noqa: S101  (set by _advance)
        fresh = parts[0].number > self._newest - self._bins
        slot, more = parts[0].number[fresh] % self._bins, parts[0].count[fresh]
        share = more / (self._count[slot] + more)
        for rows, part in zip(self._held.kinds, parts, strict=True):
            weight = share.astype(np.float32)[:, None, None]
            rows[slot] += weight * (part.rows[fresh] - rows[slot])
        self._count[slot] += more

    def latest(self, bins: int) -> tuple[Shapes, Bools] | None:
        """The newest bins in order, at most as many as asked, from the first that was measured.

        None before anything was added.
        """
        if self._newest is None or self._held is None:
            return None
        order = np.arange(self._newest - min(bins, self._bins) + 1, self._newest + 1) % self._bins
        real = self._count[order] > 0
        order, real = order[int(np.argmax(real)) :], real[int(np.argmax(real)) :]
        held = self._held
        return Shapes(held.amplitude[order], held.bend[order], held.antennas[order]), real

    def _advance(self, newest: int) -> None:
        """Clear what the ring's head passes over; far back in time is a new beginning."""
        before = self._newest
        if before is None or newest > before + self._bins or newest < before - self._bins:
            self._forget(slice(None))
        elif newest > before:
            self._forget(np.arange(before + 1, newest + 1) % self._bins)
        if before is None or newest > before or newest < before - self._bins:
            self._newest = newest

    def _forget(self, slots: slice | NDArray[np.intp]) -> None:
        self._count[slots] = 0
        if self._held is not None:
            for rows in self._held.kinds:
                rows[slots] = 0


def _zeros(bins: int, kind: NDArray[Any]) -> NDArray[Any]:
    return np.zeros((bins, *kind.shape[1:]), kind.dtype)
