"""The wall clock, in which the kernel stamps datagrams, and the monotonic one the programs use."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class WallClock:
    """Their difference changes only when somebody sets the wall clock (or the machine slept).

    Each look at both bounds it; the bounds of all looks together are tighter than those of one,
    which may have been interrupted. Looks that contradict each other mean that the clock was set.
    """

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall_ns, self._monotonic_ns = wall_ns, monotonic_ns
        self._least_ns, self._most_ns = self._look()

    def monotonic(self, stamps: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[N, 2] seconds and nanoseconds as int64[N]; now for what is unknown or to come."""
        least_ns, most_ns = self._look()
        now_ns = self._monotonic_ns()
        if least_ns > self._most_ns or most_ns < self._least_ns:
            self._least_ns, self._most_ns = least_ns, most_ns
            return np.full(len(stamps), now_ns)
        self._least_ns = max(least_ns, self._least_ns)
        self._most_ns = min(most_ns, self._most_ns)
        shift_ns = (self._least_ns + self._most_ns) // 2
        t_ns = stamps[:, 0] * 1_000_000_000 + stamps[:, 1] + shift_ns
        return np.where(stamps[:, 0] > 0, np.minimum(t_ns, now_ns), now_ns)

    def _look(self) -> tuple[int, int]:
        """Bounds of monotonic minus wall clock."""
        before_ns = self._monotonic_ns()
        wall_ns = self._wall_ns()
        return before_ns - wall_ns, self._monotonic_ns() - wall_ns
