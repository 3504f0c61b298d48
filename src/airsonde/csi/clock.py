"""Count a radio's short clock on where it wraps."""

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I64


class Unwrapped:
    """A counter of `bits` bits as one that does not wrap; it remembers from call to call.

    A fall by more than half the range is a wrap; a rise by more than three quarters takes one
    back (a late record from before the wrap). Anything else is what the source says, so that one
    damaged reading leaves its neighbours alone.
    """

    def __init__(self, bits: int) -> None:
        self._range = 1 << bits
        self._last: int | None = None
        self._wraps = 0

    def unwrap(self, readings: NDArray[np.generic]) -> I64:
        """int64[n]: the readings, each with the wraps before it added."""
        now = readings.astype(np.int64)
        if not len(now):
            return now
        before = np.concatenate([now[:1] if self._last is None else [self._last], now[:-1]])
        change = now - before
        steps = (change < -(self._range // 2)).astype(np.int64)
        steps -= change > self._range // 4 * 3
        wraps = self._wraps + np.cumsum(steps)
        self._last, self._wraps = int(now[-1]), int(wraps[-1])
        unwrapped: I64 = now + wraps * self._range
        return unwrapped
