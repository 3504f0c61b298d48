"""Hold the queue in the network short: each direction's rate follows the delay it causes."""

from dataclasses import dataclass, field

from airsonde.link.delay_samples import NS_PER_MS, DelaySample, DelaySamples
from airsonde.link.model import NS_PER_S
from airsonde.link.wall import Wall, WallConfig

PACKET_MBIT = 1514 * 8e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyConfig:
    """Delays in ms over that of the empty path, rates as shares, growth as share per second.

    A cut: two samples in a row over `high_ms` (twice that just after a trim) take the rate to what
    the network carries (the wall; at least `least_share` of what was carried), less what drains the
    queue within `drain_ms`, but by no more than `deepest`, which flows can bear without falling
    idle. The next one waits `refractory_ms` and the delay itself, and takes the wall to no less
    than `again` of it.

    A trim: delay over `trim_ms` that was half of it before, while at least `trimmable` of the rate
    is carried, is a queue that forms at a rate a little too high: `trim` of what is carried, or
    less to drain it, lets it run off with nothing lost. What a probe made is drained within
    `probed_ms`; the rate is taken back when `formed_ms` are left, after `refractory_ms` at most.

    A climb: at or below `low_ms` a rate that is used (`busy`) grows by `climb`, the less the longer
    the queue, up to `below_wall`, which leaves room for bursts. There it rests for `rest_ms` times
    the square of how often the wall was found where it stands, but `rests` times at most.

    A probe: from there it steps over the wall by `probe`, shared by how often it was found there,
    but by `least_probe` at least. It begins when the other direction does not disturb, which it may
    for `turn_ms`, as both directions' delays add up in a round trip. If the wall stands, a queue
    must form: by what is carried over the wall, or by `doubt` of what is allowed over it, as flows
    may not fill it. When it should have reached `telling_ms` and did not, the wall is gone: the
    rate grows by `first`, as the wall may stand a little farther off, and when `nearby` of it comes
    through by `faster` times as much after each `step_s`, up to `climb`. From the step on a delay a
    packet longer than `trim_ms`, or than `formed_ms` twice, is a queue that forms. No sample
    answers for more than `step_s`.

    Falls under `small` are not worth a change, nor are rises under `dead_band`; `near_band` is
    enough near a wall, `small` to probe and after a cut. Delay on a path that carries less than
    `idle_mbit` is not ours, nor is one that `futile` cuts in a row did not shorten: then nothing is
    cut for `resign_s`. Slopes are taken over `slope_ms`, `drained_ms` when the queue has drained.
    """

    high_ms: float = 18.0
    drain_ms: float = 250.0
    deepest: float = 0.25
    least_share: float = 0.15
    refractory_ms: float = 150.0
    again: float = 0.5
    trim_ms: float = 9.0
    trimmable: float = 0.8
    trim: float = 0.97
    probed_ms: float = 80.0
    low_ms: float = 12.0
    busy: float = 0.85
    climb: float = 8.0
    below_wall: float = 0.98
    rest_ms: float = 140.0
    rests: int = 14
    probe: float = 0.15
    least_probe: float = 0.06
    doubt: float = 0.5
    formed_ms: float = 5.0
    telling_ms: float = 8.0
    first: float = 0.5
    faster: float = 3.0
    nearby: float = 1.15
    near_band: float = 0.08
    turn_ms: float = 1000.0
    step_s: float = 0.1
    small: float = 0.03
    dead_band: float = 0.25
    least_mbit: float = 0.5
    idle_mbit: float = 1.0
    futile: int = 8
    resign_s: float = 10.0
    slope_ms: float = 100.0
    drained_ms: float = 60.0
    wall: WallConfig = field(default_factory=WallConfig)

    def __post_init__(self) -> None:
        for name in ("drain_ms", "trim", "probed_ms", "low_ms", "step_s", "least_mbit"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} of the latency loop has to be over 0")


class RateLoop:
    """The rate of one direction."""

    def __init__(self, config: LatencyConfig | None = None, *, start_mbit: float) -> None:
        self.config = config or LatencyConfig()
        self.mbit = self.applied_mbit = start_mbit
        self.rule = "no delay known"
        self._wall = Wall(self.config.wall)
        self._samples = DelaySamples()
        self._blind_until_ns = self._rest_until_ns = 0
        self._trimmed_until_ns = self._turn_until_ns = 0
        self._cuts = 0
        self._draining = self._easing = self._probing = self._exploring = self._near = False
        self._before_mbit = start_mbit
        self._owed_ms = 0.0
        self._growth = self.config.first

    @property
    def wall_mbit(self) -> float | None:
        """What the network carries, None where no queue was seen."""
        return self._wall.mbit

    def disturbs(self, t_ns: int) -> bool:
        """Whether it makes or drains a queue: no time for the other direction to probe."""
        return t_ns < self._turn_until_ns and (self._draining or self._probing or self._near)

    def push(self, sample: DelaySample, most_mbit: float, *, alone: bool = True) -> float:
        """The rate to hold from now on (Mbit/s), at most `most_mbit`; probes begin when `alone`."""
        self._samples.push(sample)
        self._wall.refine(self._samples, sample.through_mbit)
        probed, self._probing = self._probing, False
        drained = self._draining
        self._follow(sample, most_mbit, alone=alone or probed)
        self._near = self._exploring and self._is_near(sample)
        self.mbit = max(self.config.least_mbit, min(self.mbit, most_mbit))
        rise = self.mbit / self.applied_mbit - 1
        drained = drained and not self._draining
        band = self.config.near_band if self._near else self.config.dead_band
        worth = self.config.small if self._probing or drained else band
        if rise < -self.config.small or rise > worth:
            self.applied_mbit = self.mbit
        return self.applied_mbit

    def _follow(self, now: DelaySample, most_mbit: float, *, alone: bool) -> None:
        before_ms = self._samples.before_ms
        trimmed = now.t_ns < self._trimmed_until_ns
        high_ms = self.config.high_ms
        if now.delay_ms <= high_ms:
            self._cuts = 0
        if min(before_ms, now.delay_ms) > (2 * high_ms if trimmed else high_ms):
            self._congested(now, most_mbit)
        elif self._draining and self._has_drained(now):
            self._restore(now)
        elif self._forms(now):
            self._trim(now)
        elif now.delay_ms > self.config.low_ms:
            self.rule = "delay between the thresholds: hold"
        elif not now.carries(self.config.busy * self.applied_mbit):
            self.rule = "the rate is not used: hold"
        elif now.t_ns < self._rest_until_ns:
            self._rest(now)
        else:
            self._rise(now, alone=alone)

    def _forms(self, now: DelaySample) -> bool:
        """Whether a queue begins to form at a rate above what the network carries."""
        through, before_ms = now.through_mbit, self._samples.before_ms
        if through is None or self._draining or now.t_ns < self._rest_until_ns:
            return False
        long = now.delay_ms > self.config.trim_ms
        if self._exploring:
            packet_ms = PACKET_MBIT * 1e3 / self.mbit
            longer = (
                now.delay_ms > self.config.trim_ms + packet_ms
                or min(before_ms, now.delay_ms) > self.config.formed_ms + packet_ms
            )
            return longer and through > self.config.again * self.mbit
        most, least = self.applied_mbit / self.config.trim, self.config.trimmable * self.mbit
        return long and before_ms > self.config.trim_ms / 2 and least < through < most

    def _trim(self, now: DelaySample) -> None:
        self.rule = "a queue forms: back to what is carried"
        wall = self._wall.meet(min(now.through_mbit or self.mbit, self.mbit))
        self._draining = self._easing = self._exploring and self._wall.times > 1
        within_ms = self.config.probed_ms if self._easing else self.config.drain_ms
        self.mbit = wall * min(self.config.trim, self._draining_share(now, within_ms))
        self._trimmed_until_ns = now.t_ns + round(self.config.refractory_ms * NS_PER_MS)
        self._rest_from(now)

    def _rest_from(self, now: DelaySample) -> None:
        self._owed_ms, self._exploring = 0.0, False
        rest_ms = self.config.rest_ms * min(self._wall.times**2, self.config.rests)
        self._rest_until_ns = now.t_ns + round(rest_ms * NS_PER_MS)

    def _turn_from(self, now: DelaySample) -> None:
        self._turn_until_ns = now.t_ns + round(self.config.turn_ms * NS_PER_MS)

    def _congested(self, now: DelaySample, most_mbit: float) -> None:
        if now.t_ns < self._blind_until_ns:
            self.rule = "waiting for the last cut to show"
        elif not self._draining and not now.carries(self.config.idle_mbit):
            self.rule = "delay without load is not ours"
        elif self._cuts >= self.config.futile:
            self.rule = "delay does not follow the rate"
            self.mbit, self._draining, self._cuts = most_mbit, False, 0
            self._blind_until_ns = now.t_ns + round(self.config.resign_s * NS_PER_S)
        else:
            self._cut(now)

    def _cut(self, now: DelaySample) -> None:
        self.rule = "delay too high: down"
        if self._easing:
            self._draining = self._easing = False
        network = self._network_mbit(now)
        if self._draining:
            self._wall.mbit = network
        else:
            self._before_mbit = max(self.mbit, self._wall.mbit or 0.0)
            self._wall.fall(network, self.mbit)
        self.mbit = network * self._draining_share(now, self.config.drain_ms)
        self._draining, self._exploring = True, False
        self._turn_from(now)
        self._cuts += 1
        wait_ms = self.config.refractory_ms + now.delay_ms
        self._blind_until_ns = now.t_ns + round(wait_ms * NS_PER_MS)

    def _draining_share(self, now: DelaySample, within_ms: float) -> float:
        """The share of what the network carries that lets the queue run off."""
        return 1 - min(self.config.deepest, now.delay_ms / within_ms)

    def _network_mbit(self, now: DelaySample) -> float:
        """Where a cut finds the wall; a second one trusts the first."""
        carried = self.mbit if now.carried_mbit is None else min(now.carried_mbit, self.mbit)
        lowest, highest = self.config.least_share * carried, self.mbit
        if self._draining and self._wall.mbit is not None:
            lowest = max(lowest, self.config.again * self._wall.mbit)
            highest = self._wall.mbit
        network = self._samples.network_mbit(self.mbit, self.config.slope_ms)
        return max(lowest, min(network, highest))

    def _has_drained(self, now: DelaySample) -> bool:
        if self._easing:
            over = now.t_ns >= self._trimmed_until_ns
            return over or now.delay_ms <= self.config.formed_ms
        return now.delay_ms <= self.config.high_ms

    def _restore(self, now: DelaySample) -> None:
        self.rule = "drained: back below the wall"
        wall = self._wall.mbit or self.mbit
        if not self._easing:
            through = self._samples.network_mbit(self.mbit, self.config.drained_ms)
            wall = self._wall.drained(min(self._before_mbit, through))
            self._rest_from(now)
        self.mbit = self.config.below_wall * wall
        self._draining = self._easing = False

    def _rest(self, now: DelaySample) -> None:
        """What is carried just after a dip was counted in part while it lasted."""
        self.rule = "resting below the wall"
        if self._wall.dipped and now.through_mbit is not None:
            surfaced = self._wall.surface(now.through_mbit)
            self.mbit = max(self.mbit, self.config.below_wall * surfaced)

    def _rise(self, now: DelaySample, *, alone: bool) -> None:
        seconds = self._samples.seconds(self.config.step_s)
        room = (1 - max(0.0, now.delay_ms) / self.config.low_ms) * seconds
        known = self._wall.known_mbit
        below = self.config.below_wall * known
        if not known or self.mbit < below:
            self.rule = "short queue, used rate: up"
            risen = self.mbit * (1 + self.config.climb * room)
            self.mbit = min(risen, below) if known else risen
        elif self._owed_ms >= self.config.telling_ms and not now.carries(known):
            self.rule = "no more is carried than before: hold"
        elif self._owed_ms >= self.config.telling_ms:
            self.rule = "no queue where one should form: up"
            self.mbit *= 1 + self._growth * room
            if not self._is_near(now):
                faster = self.config.faster ** (seconds / self.config.step_s)
                self._growth = min(self.config.climb, self._growth * faster)
        elif alone or self._owed_ms:
            self._probe(now, known, seconds)
        else:
            self.rule = "the other direction makes a queue: resting"

    def _is_near(self, now: DelaySample) -> bool:
        """Whether what comes through does not yet prove that the wall is gone."""
        near_mbit = self.config.nearby * self._wall.known_mbit
        return now.through_mbit is not None and not now.carries(near_mbit)

    def _probe(self, now: DelaySample, known: float, seconds: float) -> None:
        self.rule = "a little over the wall: does a queue form?"
        if not self._exploring:
            self._turn_from(now)
        allowed = self.applied_mbit
        filled = allowed if now.carried_mbit is None else min(now.carried_mbit, allowed)
        over = max(filled / known - 1, self.config.doubt * (allowed / known - 1), 0.0)
        self._owed_ms += over * seconds * 1e3
        self._growth = self.config.first
        step = max(self.config.least_probe, self.config.probe / self._wall.times)
        self.mbit = max(self.mbit, (1 + step) * known)
        self._probing = self._exploring = True
