"""Delays of one direction as they come in, and what they tell of the network."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from airsonde.link.model import NS_PER_S

NS_PER_MS = NS_PER_S // 1000
_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DelaySample:
    """Delay over the empty path, and the rate carried lately (None: unknown).

    `behind`: that rate was measured behind the bottleneck, so it is what the network carries.
    """

    t_ns: int
    delay_ms: float
    carried_mbit: float | None = None
    behind: bool = False

    @property
    def through_mbit(self) -> float | None:
        """The rate at which the network lets through, where it was measured behind it."""
        return self.carried_mbit if self.behind else None

    def carries(self, mbit: float) -> bool:
        """Whether that much is carried, as far as is known."""
        return self.carried_mbit is None or self.carried_mbit >= mbit


class DelaySamples:
    """The latest samples of one direction."""

    def __init__(self) -> None:
        self._kept: deque[DelaySample] = deque(maxlen=_KEPT)

    def push(self, sample: DelaySample) -> None:
        self._kept.append(sample)

    @property
    def before_ms(self) -> float:
        """The delay before the last one, 0 where there was none."""
        return self._kept[-2].delay_ms if len(self._kept) > 1 else 0.0

    def seconds(self, most_s: float) -> float:
        """How long the last sample answers for."""
        if len(self._kept) < 2:
            return 0.0
        return min(most_s, (self._kept[-1].t_ns - self._kept[-2].t_ns) / NS_PER_S)

    def stood(self, ms: float, span_ms: float) -> bool:
        """Whether a queue longer than `ms` was there all the time, by three samples or more."""
        lately = self._lately(span_ms)
        return len(lately) > 2 and min(sample.delay_ms for sample in lately) > ms

    def network_mbit(self, filled_mbit: float, span_ms: float) -> float:
        """What the network carries, from a queue that is filled at some rate.

        A delay that grows by `s` (ms per ms between arriving samples) is that of a queue emptied
        at `filled * (1 - s)`. Behind the bottleneck it is the carried rate itself.
        """
        now = self._kept[-1]
        if now.through_mbit is not None:
            return now.through_mbit
        filled = filled_mbit if now.carried_mbit is None else min(now.carried_mbit, filled_mbit)
        slopes = [
            (b.delay_ms - a.delay_ms) * NS_PER_MS / (b.t_ns - a.t_ns)
            for a, b in pairwise(self._lately(span_ms))
            if b.t_ns > a.t_ns
        ]
        return filled * (1 - sum(slopes) / len(slopes)) if slopes else filled

    def _lately(self, span_ms: float) -> list[DelaySample]:
        now_ns = self._kept[-1].t_ns
        return [sample for sample in self._kept if now_ns - sample.t_ns <= span_ms * NS_PER_MS]
