"""Whether time moves forward from frame to frame, over block borders."""

import numpy as np

from airsonde.csi.model import I64, Bools

_NEVER = np.iinfo(np.int64).min


class Clock:
    """Remembers the time of the last frame that counted.

    Strict: a frame that is not later than the last one that counted does not count itself.
    Otherwise it counts, and its own time is what the next one is compared with.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._last = int(_NEVER)

    def compare(self, t_ns: I64, standing: Bools, weak: Bools) -> tuple[Bools, I64]:
        """Which frames are not later than their predecessor, and what that was.

        Only `standing` frames count. `weak` ones count only when they are late and the clock is
        not strict: such a frame is kept as recovered whatever its quality.
        """
        if weak.any() and not self._strict:
            return self._one_by_one(t_ns, standing, weak)
        counting = standing & ~weak
        times = np.where(counting, t_ns, _NEVER) if self._strict else t_ns
        if self._strict:
            reached = np.maximum.accumulate(np.append(self._last, times))
        else:
            reached = self._carried(t_ns, counting)
        previous = reached[:-1]
        self._last = int(reached[-1])
        return (t_ns <= previous) & (previous != _NEVER), previous

    def _carried(self, t_ns: I64, counting: Bools) -> I64:
        """Time of the last counting frame up to and including each place; the start first."""
        position = np.where(counting, np.arange(1, len(t_ns) + 1), 0)
        filled: I64 = np.append(self._last, t_ns)[np.maximum.accumulate(np.append(0, position))]
        return filled

    def _one_by_one(self, t_ns: I64, standing: Bools, weak: Bools) -> tuple[Bools, I64]:
        late = np.zeros(len(t_ns), np.bool_)
        previous = np.empty(len(t_ns), np.int64)
        for row, t in enumerate(t_ns.tolist()):
            previous[row] = self._last
            late[row] = self._last != _NEVER and t <= self._last
            if standing[row] and (late[row] or not weak[row]):
                self._last = t
        return late, previous
