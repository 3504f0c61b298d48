"""Tell what comes back like clockwork: machines in empty rooms do, people seldom."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceLimits:
    """What a series of bursts is: `bursts` of them, `apart_s` or more without any between them.

    Their beginnings are `least_s` or more from one another, each interval within `jitter` of the
    mean; a burst that lasts more than `busy` of that is none of the series.
    """

    bursts: int = 4
    apart_s: float = 4.0
    least_s: float = 15.0
    jitter: float = 0.1
    busy: float = 0.4


class Recurrence:
    """A step over readings of whether something moves."""

    def __init__(self, limits: RecurrenceLimits | None = None) -> None:
        self._limits = limits or RecurrenceLimits()
        self._begun: deque[int] = deque(maxlen=self._limits.bursts)
        self._moved_ns: int | None = None

    def step(self, t_ns: int, *, moving: bool) -> float | None:
        """Seconds after which what moves now came back each time; None: no series, or quiet."""
        if not moving:
            return None
        if self._moved_ns is not None and t_ns < self._moved_ns:
            self._begun.clear()
        apart_ns = self._limits.apart_s * 1e9
        if not self._begun or self._moved_ns is None or t_ns - self._moved_ns > apart_ns:
            self._begun.append(t_ns)
        self._moved_ns = t_ns
        return self._period_s(t_ns)

    def _period_s(self, t_ns: int) -> float | None:
        limits = self._limits
        if len(self._begun) < limits.bursts:
            return None
        period_s = (self._begun[-1] - self._begun[0]) / 1e9 / (limits.bursts - 1)
        intervals = [(b - a) / 1e9 for a, b in pairwise(self._begun)]
        regular = all(abs(i - period_s) <= limits.jitter * period_s for i in intervals)
        short = (t_ns - self._begun[-1]) / 1e9 <= limits.busy * period_s
        return period_s if regular and short and period_s >= limits.least_s else None
