"""How far a node's clock is from the anchor's, and how sure that is.

A message can be late but never early. Received from the anchor it bounds the offset (own clock
minus the anchor's) from above, sent to the anchor from below: `late = received - sent` and
`early = sent - received`. Of each second only the tightest bound is kept. Where there are bounds
of both kinds, their intersection certainly holds the offset. Where there is no way back, the floor
of the late bounds is extrapolated from how its lowest values are spaced.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

SECOND_NS = 1_000_000_000
PPM = 1e-6
_LEAST_SPACINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockConfig:
    """`least_delay_ns` is what is known of the shortest way, `least_delay_error_ns` what is not.

    Quartzes are within `tolerance` (relative); a drift is measured from `span_ns` on.
    """

    block_ns: int = SECOND_NS
    blocks: int = 120
    tolerance: float = 100 * PPM
    span_ns: int = 15 * SECOND_NS
    least_delay_ns: int = 0
    least_delay_error_ns: int = 200_000
    step_blocks: int = 5
    step_spreads: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEstimate:
    """`offset_ns` = own clock - anchor's at `t_ns` (own clock), within `error_ns` of the truth."""

    t_ns: int
    offset_ns: float
    error_ns: float
    drift_ppm: float
    two_way: bool

    def to_anchor_ns(self, own_ns: int) -> int:
        """A moment of the own clock on the anchor's."""
        drifted = self.drift_ppm * PPM * (own_ns - self.t_ns)
        return own_ns - round(self.offset_ns + drifted)


class _Bound(NamedTuple):
    t_ns: int
    value_ns: float


@dataclass(slots=True)
class _Bounds:
    """The least value of each block of time, oldest first."""

    config: ClockConfig
    kept: deque[_Bound] = field(init=False)
    _block: int | None = None

    def __post_init__(self) -> None:
        self.kept = deque(maxlen=self.config.blocks)

    def push(self, t_ns: int, value_ns: float) -> bool:
        """Take a bound in; whether a block ended with it. One from before its block is dropped."""
        block = t_ns // self.config.block_ns
        if self._block is not None and block < self._block:
            return False
        if block != self._block or not self.kept:
            self._block = block
            self.kept.append(_Bound(t_ns, value_ns))
            return True
        if value_ns < self.kept[-1].value_ns:
            self.kept[-1] = _Bound(t_ns, value_ns)
        return False

    def recent(self, now_ns: int) -> list[_Bound]:
        oldest_ns = now_ns - self.config.block_ns * self.config.blocks
        return [bound for bound in self.kept if bound.t_ns >= oldest_ns]

    def keep_last(self, count: int) -> None:
        while len(self.kept) > count:
            self.kept.popleft()


class ClockEstimator:
    """Bounds in, estimates out, for one pair of clocks; begin a new one for another anchor."""

    def __init__(self, config: ClockConfig | None = None) -> None:
        self.config = config or ClockConfig()
        self._late = _Bounds(self.config)
        self._early = _Bounds(self.config)  # negated, so that here too the least is tightest

    def received(self, *, own_ns: int, anchor_ns: int) -> None:
        """The anchor sent at `anchor_ns` (its clock) what arrived at `own_ns` (own clock)."""
        if self._late.push(own_ns, own_ns - anchor_ns):
            self._drop_what_a_step_made_wrong()

    def sent(self, *, own_ns: int, anchor_ns: int) -> None:
        """What was sent at `own_ns` arrived at the anchor at `anchor_ns`."""
        self._early.push(own_ns, anchor_ns - own_ns)

    def estimate(self, now_ns: int) -> ClockEstimate | None:
        """The offset at `now_ns` (own clock); None until three blocks of one direction are there.

        Bounds widen with age by what the drift is uncertain.
        """
        late, early = self._late.recent(now_ns), self._early.recent(now_ns)
        if len(late) < 3:
            return None
        drift, slack = self._drift(late)
        above = _aged(late, now_ns, drift, slack)
        if not early:
            return self._one_way(now_ns, above, (drift, slack), late)
        below = [-value for value in _aged(early, now_ns, -drift, slack)]
        high, low = min(above), max(below)
        if low > high:  # no drift within its uncertainty fits: a clock was set
            self._late.keep_last(1)
            self._early.keep_last(0)
            return None
        return ClockEstimate(
            t_ns=now_ns,
            offset_ns=(high + low) / 2,
            error_ns=(high - low) / 2,
            drift_ppm=drift / PPM,
            two_way=True,
        )

    def _one_way(
        self, now_ns: int, above: Sequence[float], drift: tuple[float, float], late: list[_Bound]
    ) -> ClockEstimate:
        """The floor lies one mean spacing below the lowest bound, four of them hold 98 %."""
        rate, slack = drift
        spacing = _spread(above) / len(above)
        lowest = min(above)
        age_ns = now_ns - late[above.index(lowest)].t_ns
        return ClockEstimate(
            t_ns=now_ns,
            offset_ns=lowest - spacing - slack * age_ns - self.config.least_delay_ns,
            error_ns=4 * spacing + 2 * slack * age_ns + self.config.least_delay_error_ns,
            drift_ppm=rate / PPM,
            two_way=False,
        )

    def _drift(self, late: list[_Bound]) -> tuple[float, float]:
        """Rate of the offset and its uncertainty: the slope of the line under all bounds.

        Either half of the time holds half of the bounds, so each end of the line is known to eight
        mean spacings of all.
        """
        span_ns = late[-1].t_ns - late[0].t_ns
        tolerance = self.config.tolerance
        if span_ns < self.config.span_ns:
            return 0.0, tolerance
        slope = _support_slope(late)
        residual = [bound.value_ns - slope * (bound.t_ns - late[0].t_ns) for bound in late]
        slack = min(tolerance, 16 * _spread(residual) / len(late) / span_ns + 0.1 * PPM)
        return max(-2 * tolerance, min(2 * tolerance, slope)), slack

    def _drop_what_a_step_made_wrong(self) -> None:
        """When the last blocks all lie far from the floor of those before, a clock was set."""
        kept, last = self._late.kept, self.config.step_blocks
        if len(kept) < 3 * last:
            return
        values = [bound.value_ns for bound in kept]
        before, now = values[:-last], values[-last:-1]
        limit = self.config.step_spreads * _spread(before) + self.config.least_delay_error_ns
        limit += self.config.tolerance * self.config.block_ns * len(kept)
        if min(now) - min(before) > limit or min(before) - max(now) > limit:
            self._late.keep_last(last - 1)
            self._early.keep_last(0)


def _aged(bounds: Iterable[_Bound], now_ns: int, drift: float, slack: float) -> list[float]:
    """What each bound says of now, widened by its age."""
    return [value + (drift + slack) * (now_ns - t_ns) for t_ns, value in bounds]


def _spread(values: Sequence[float]) -> float:
    """Mean of the exponential distribution above a floor whose lowest values are these.

    From Rényi's spacings: the k-th least of n lies `spread · Σ 1/(n-i)` above the least, i < k.
    The lower half is used, so that rare long delays do not matter.
    """
    ordered = sorted(values)
    n = len(ordered)
    k = max(min(n, _LEAST_SPACINGS), n // 2)
    return (ordered[k - 1] - ordered[0]) / sum(1 / (n - i) for i in range(1, k))


def _support_slope(bounds: Sequence[_Bound]) -> float:
    """Slope of the line under all bounds that is highest in the middle of their time.

    It is the edge of the lower convex hull (Andrew's monotone chain) over that moment.
    """
    hull: list[_Bound] = []
    for bound in bounds:
        while len(hull) > 1 and _turns_down(hull[-2], hull[-1], bound):
            hull.pop()
        hull.append(bound)
    middle_ns = (bounds[0].t_ns + bounds[-1].t_ns) / 2
    a, b = next((a, b) for a, b in pairwise(hull) if a.t_ns <= middle_ns <= b.t_ns)
    return (b.value_ns - a.value_ns) / (b.t_ns - a.t_ns)


def _turns_down(a: _Bound, b: _Bound, c: _Bound) -> bool:
    """Whether `b` lies on or above the line from `a` to `c`."""
    return (b.value_ns - a.value_ns) * (c.t_ns - a.t_ns) >= (c.value_ns - a.value_ns) * (
        b.t_ns - a.t_ns
    )
