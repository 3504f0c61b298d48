"""Learn a baseline as the reference's `calibrate` does: the mean amplitude, as measured."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, FrameBatch
from airsonde.csi.reference.frames import by_size, exposable, single_chains
from airsonde.csi.reference.sums import sum_in_order


class BaselineMean:
    """Mean over the frames that have passed validation and have the first one's size."""

    def __init__(self) -> None:
        self.frames = 0
        self._total: NDArray[np.float64] | None = None

    def add(self, batches: Sequence[FrameBatch]) -> None:
        """Add the frames of one block. Pending ones do not count."""
        groups = by_size(exposable(single_chains(batches)))
        if groups and self._total is None:
            first = min(groups, key=lambda g: int(g.place[0]))
            self._total = np.zeros(first.amplitude.shape[1])
        for group in groups:
            if self._total is not None and group.amplitude.shape[1] == len(self._total):
                self.frames += len(group)
                rows = np.vstack([self._total, group.amplitude])
                self._total = sum_in_order(rows, axis=0)

    @property
    def amplitude(self) -> F32:
        """float32[S]; empty before the first frame."""
        if self._total is None:
            return np.zeros(0, np.float32)
        return (self._total / max(self.frames, 1)).astype(np.float32)
