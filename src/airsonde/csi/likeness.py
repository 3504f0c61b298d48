"""Whether a lane looks as it did when the room was known to be empty."""

from collections import deque

import numpy as np

from airsonde.csi.events import Window
from airsonde.csi.model import F32


class Likeness:
    """Holds the mean amplitude of the last quiet `length_s` against that of the empty room.

    `same` is None while there is no quiet stretch of that length, or nothing to hold it against;
    otherwise whether || mean - empty || <= within * || empty ||.
    """

    def __init__(self, empty: F32 | None, *, length_s: float, within: float) -> None:
        self._empty = empty
        self._length_ns = round(length_s * 1e9)
        self._within = within
        self._quiet: deque[tuple[int, F32]] = deque()
        self.t_ns = 0
        self.same: bool | None = None

    def step(self, window: Window, *, moving: bool | None) -> None:
        """Take the next window and whether something moved in it."""
        set_back = window.end_ns < self.t_ns
        self.t_ns = window.end_ns
        self.same = None
        if self._empty is None or self._empty.shape != window.tones.shape:
            return
        if moving is not False or set_back:
            self._quiet.clear()
        if moving is False:
            profile = np.asarray(window.amplitude.mean(axis=0), np.float32)
            self._quiet.append((window.start_ns, profile))
            self.same = self._compared(window.end_ns - self._length_ns, self._empty)

    def _compared(self, from_ns: int, empty: F32) -> bool | None:
        while len(self._quiet) > 1 and self._quiet[1][0] <= from_ns:
            self._quiet.popleft()
        if self._quiet[0][0] > from_ns:
            return None
        apart = np.mean([profile for _, profile in self._quiet], axis=0) - empty
        return bool(np.vdot(apart, apart) <= self._within**2 * np.vdot(empty, empty))
