"""Hold the queue in the network short: each direction's rate follows the delay it causes."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from airsonde.link.model import NS_PER_S

_NS_PER_MS = NS_PER_S // 1000
_PACKETS_PER_MBIT = 1e6 / 8 / 1514


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyConfig:
    """Delays in ms over that of the empty path, rates as shares, growth as share per second.

    A cut: two samples in a row over `high_ms` take the rate to what the network carries (the wall;
    at least `least_share` of what was carried), less what drains the queue within `drain_ms`, but
    by no more than `deepest`, which flows can bear without falling idle. The next one waits
    `refractory_ms` and the delay itself, and takes the wall to no less than `again` of it.

    A trim: delay over `trim_ms` that was half of it before, while at least `trimmable` of the rate
    is carried, is a queue that forms at a rate a little too high: `trim` of what is carried lets it
    run off with nothing lost.

    A climb: at or below `low_ms` a rate that is used (`busy`) grows, the less the longer the queue:
    by `climb` up to `below_wall`, which leaves room for bursts; from there to `beyond_wall` by
    `probe`, so that a queue is seen before it is long; beyond it `faster` times as fast with every
    sample that finds no queue, or with every `telling` packets, which is how many it takes for a
    smoothed round trip to follow. No sample answers for more than `step_s`. After a cut or trim it
    rests for `rest_ms`, and for up to `rests` times as long where the wall was found again within
    `same` of where it stood. A wall that fell under `dip` times the one before may be a dip that is
    over: it is climbed past once.

    Falls under `small_fall` and rises under `dead_band` are not worth a change. Delay on a path
    that carries less than `idle_mbit` is not ours, nor is one that `futile` cuts in a row did not
    shorten: then nothing is cut for `resign_s`. Slopes are taken over `slope_ms`, or `drained_ms`
    when the queue has drained.
    """

    high_ms: float = 18.0
    drain_ms: float = 400.0
    deepest: float = 0.3
    least_share: float = 0.15
    refractory_ms: float = 150.0
    again: float = 0.5
    trim_ms: float = 9.0
    trimmable: float = 0.8
    trim: float = 0.97
    low_ms: float = 12.0
    busy: float = 0.85
    climb: float = 5.0
    below_wall: float = 0.97
    probe: float = 0.25
    beyond_wall: float = 1.1
    faster: float = 2.0
    telling: float = 64.0
    step_s: float = 0.1
    rest_ms: float = 100.0
    rests: int = 5
    same: float = 0.1
    dip: float = 0.8
    small_fall: float = 0.03
    dead_band: float = 0.12
    least_mbit: float = 0.5
    idle_mbit: float = 1.0
    futile: int = 8
    resign_s: float = 10.0
    slope_ms: float = 100.0
    drained_ms: float = 60.0

    def __post_init__(self) -> None:
        if min(self.drain_ms, self.trim, self.low_ms, self.telling) <= 0:
            raise ValueError("drain_ms, trim, low_ms and telling of the latency loop are over 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class DelaySample:
    """Delay over the empty path, and the rate carried lately (None: unknown).

    `behind`: that rate was measured behind the bottleneck, so it is what the network carries.
    """

    t_ns: int
    delay_ms: float
    carried_mbit: float | None = None
    behind: bool = False


class RateLoop:
    """The rate of one direction.

    A queue whose delay grows by `s` (ms per ms between arriving samples) while it is filled at a
    rate `r` is emptied at `r * (1 - s)`: two samples tell what the network carries. Behind the
    bottleneck it is the carried rate itself.
    """

    def __init__(self, config: LatencyConfig | None = None, *, start_mbit: float) -> None:
        self.config = config or LatencyConfig()
        self.mbit = start_mbit
        self.wall_mbit: float | None = None
        self.rule = "no delay known"
        self.applied_mbit = start_mbit
        self._samples: deque[DelaySample] = deque(maxlen=16)
        self._blind_until_ns = self._rest_until_ns = 0
        self._cuts, self._rests = 0, 1
        self._draining = self._dipped = False
        self._before_mbit = start_mbit
        self._wall_before_mbit = 0.0
        self._climbs = self.config.climb

    def push(self, sample: DelaySample, most_mbit: float) -> float:
        """The rate to hold from now on (Mbit/s), at most `most_mbit`."""
        self._samples.append(sample)
        self._follow(sample, most_mbit)
        self.mbit = max(self.config.least_mbit, min(self.mbit, most_mbit))
        rise = self.mbit / self.applied_mbit - 1
        if rise < -self.config.small_fall or rise > self.config.dead_band:
            self.applied_mbit = self.mbit
        return self.applied_mbit

    def _follow(self, now: DelaySample, most_mbit: float) -> None:
        before_ms = self._samples[-2].delay_ms if len(self._samples) > 1 else 0.0
        if now.delay_ms <= self.config.high_ms:
            self._cuts = 0
        if min(before_ms, now.delay_ms) > self.config.high_ms:
            self._congested(now, most_mbit)
        elif self._draining and now.delay_ms <= self.config.high_ms:
            self._restore(now)
        elif self._forms(now, before_ms):
            self._trim(now)
        elif now.delay_ms > self.config.low_ms:
            self.rule = "delay between the thresholds: hold"
        elif not self._carries(now, self.config.busy * self.applied_mbit):
            self.rule = "the rate is not used: hold"
        elif now.t_ns < self._rest_until_ns:
            self._rest(now)
        else:
            self._climb(now)

    def _forms(self, now: DelaySample, before_ms: float) -> bool:
        """Whether a queue begins to form at a rate a little above what the network carries."""
        known = now.behind and now.carried_mbit is not None
        if not known or self._draining or now.t_ns < self._rest_until_ns:
            return False
        longer = now.delay_ms > self.config.trim_ms and before_ms > self.config.trim_ms / 2
        most, least = self.applied_mbit / self.config.trim, self.config.trimmable * self.mbit
        return longer and least < (now.carried_mbit or 0.0) < most

    def _trim(self, now: DelaySample) -> None:
        self.rule = "a queue forms: back to what is carried"
        network = now.carried_mbit or self.mbit
        self._found_again(network)
        self.wall_mbit = network
        self.mbit = self.config.trim * network
        self._dipped = False
        self._rest_from(now)

    def _found_again(self, network: float) -> None:
        """A wall that stands where it stood is left alone for longer."""
        again = abs(network - (self.wall_mbit or 0.0)) < self.config.same * network
        self._rests = min(self._rests + 1, self.config.rests) if again else 1

    def _rest_from(self, now: DelaySample) -> None:
        rest_ms = self.config.rest_ms * self._rests
        self._rest_until_ns = now.t_ns + round(rest_ms * _NS_PER_MS)

    def _congested(self, now: DelaySample, most_mbit: float) -> None:
        if now.t_ns < self._blind_until_ns:
            self.rule = "waiting for the last cut to show"
        elif not self._draining and not self._carries(now, self.config.idle_mbit):
            self.rule = "delay without load is not ours"
        elif self._cuts >= self.config.futile:
            self.rule = "delay does not follow the rate"
            self.mbit, self._draining, self._cuts = most_mbit, False, 0
            self._blind_until_ns = now.t_ns + round(self.config.resign_s * NS_PER_S)
        else:
            self._cut(now)

    def _carries(self, now: DelaySample, mbit: float) -> bool:
        return now.carried_mbit is None or now.carried_mbit >= mbit

    def _cut(self, now: DelaySample) -> None:
        carried = self.mbit if now.carried_mbit is None else min(now.carried_mbit, self.mbit)
        lowest, highest = self._bounds()
        network = min(self._network_mbit(now, self.config.slope_ms), highest)
        network = max(network, self.config.least_share * carried, lowest)
        undershoot = min(self.config.deepest, now.delay_ms / self.config.drain_ms)
        self.rule = "delay too high: down"
        if not self._draining:
            self._before_mbit, self._wall_before_mbit = self.mbit, self.wall_mbit or self.mbit
            self._found_again(network)
        self.wall_mbit = network
        self.mbit = network * (1 - undershoot)
        self._draining = True
        self._cuts += 1
        wait_ms = self.config.refractory_ms + now.delay_ms
        self._blind_until_ns = now.t_ns + round(wait_ms * _NS_PER_MS)

    def _bounds(self) -> tuple[float, float]:
        """Between what a cut may find the wall; a second one trusts the first."""
        if self._draining and self.wall_mbit is not None:
            return self.config.again * self.wall_mbit, self.wall_mbit
        return 0.0, self.mbit

    def _network_mbit(self, now: DelaySample, span_ms: float) -> float:
        """What the network carries, from the growth of the delay."""
        if now.behind and now.carried_mbit is not None:
            return now.carried_mbit
        carried = self.mbit if now.carried_mbit is None else min(now.carried_mbit, self.mbit)
        slopes = [
            (b.delay_ms - a.delay_ms) * _NS_PER_MS / (b.t_ns - a.t_ns)
            for a, b in pairwise(self._samples)
            if b.t_ns > a.t_ns and now.t_ns - a.t_ns <= span_ms * _NS_PER_MS
        ]
        return carried * (1 - sum(slopes) / len(slopes)) if slopes else carried

    def _restore(self, now: DelaySample) -> None:
        self.rule = "drained: back below the wall"
        drained_at = min(self._before_mbit, self._network_mbit(now, self.config.drained_ms))
        self.wall_mbit = max(self.wall_mbit or 0.0, drained_at)
        self.mbit = self.config.below_wall * self.wall_mbit
        self._dipped = self.wall_mbit < self.config.dip * self._wall_before_mbit
        self._draining = False
        self._rest_from(now)

    def _rest(self, now: DelaySample) -> None:
        """What is carried just after a dip was counted in part while it lasted."""
        self.rule = "resting below the wall"
        if self._dipped and now.behind and now.carried_mbit is not None:
            self.wall_mbit = max(
                self.wall_mbit or 0.0, min(now.carried_mbit, self._wall_before_mbit)
            )
            self.mbit = max(self.mbit, self.config.below_wall * self.wall_mbit)

    def _climb(self, now: DelaySample) -> None:
        self.rule = "short queue, used rate: up"
        before = self._samples[-2].t_ns if len(self._samples) > 1 else now.t_ns
        seconds = min(self.config.step_s, (now.t_ns - before) / NS_PER_S)
        empty = 1 - max(0.0, now.delay_ms) / self.config.low_ms
        self.mbit *= 1 + self._growth(seconds) * empty * seconds

    def _growth(self, seconds: float) -> float:
        """Share per second: quick up to a known wall, slow around it, ever quicker beyond."""
        wall = self.wall_mbit or 0.0
        known = self._wall_before_mbit if self._dipped else wall
        if self.mbit < self.config.below_wall * known or not wall:
            self._climbs = self.config.climb
        elif self.mbit < self.config.beyond_wall * wall:
            self._climbs = self.config.probe
        else:
            told = min(1.0, seconds * self.mbit * _PACKETS_PER_MBIT / self.config.telling)
            self._climbs = min(self.config.climb, self._climbs * self.config.faster**told)
        return self._climbs
