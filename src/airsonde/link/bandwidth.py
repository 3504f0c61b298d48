"""Preset adaptive's shaping: bounded by what the air carries, steered by the delay it causes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from airsonde.link.blame import Blame, BlameConfig
from airsonde.link.ceiling import CeilingConfig, RateCeiling
from airsonde.link.delay_samples import DelaySample
from airsonde.link.latency import LatencyConfig, RateLoop
from airsonde.link.model import NS_PER_S, Direction, LinkAction, Reason, SetShaping, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthConfig:
    """`most_mbit` bounds a path of unknown rate; a delay is forgotten after `stale_s`.

    Such a path is held to `start_mbit` until a delay tells more, or to nothing where that is None.
    """

    most_mbit: float = 1000.0
    start_mbit: float | None = None
    stale_s: float = 5.0
    ceiling: CeilingConfig = field(default_factory=CeilingConfig)
    blame: BlameConfig = field(default_factory=BlameConfig)
    latency: LatencyConfig = field(default_factory=LatencyConfig)


class Bandwidth:
    """Egress stays below the ceiling; with delays known, each direction follows its own.

    A direction that no PHY rate bounds is shaped once a delay was blamed on it.
    """

    def __init__(self, config: BandwidthConfig | None = None) -> None:
        self.config = config or BandwidthConfig()
        self._ceiling = RateCeiling(self.config.ceiling)
        self._blame = Blame(self.config.blame)
        self._loops: dict[Direction, RateLoop] = {}
        self._heard_ns: dict[Direction, int] = {}
        self._samples: Mapping[Direction, DelaySample] = {}

    def step(self, now: Situation, /) -> Sequence[LinkAction]:
        ceiling = self._ceiling.push(now)
        self._samples = self._blame.push(now.obs)
        rates = ((d, self._rate(now, d, ceiling)) for d in Direction)
        return [
            SetShaping(ifname=now.obs.ifname, bandwidth_mbit=round(mbit, 1), direction=direction)
            for direction, mbit in rates
            if mbit is not None
        ]

    def _rate(self, now: Situation, direction: Direction, ceiling: float | None) -> float | None:
        most = ceiling if direction is Direction.EGRESS else None
        sample = self._samples.get(direction)
        if sample is None:
            return self._held(now.obs.t_ns, direction, most)
        self._heard_ns[direction] = sample.t_ns
        loop = self._loop(direction, most)
        others = (other for other in self._loops.values() if other is not loop)
        alone = not any(other.disturbs(sample.t_ns) for other in others)
        rate = loop.push(sample, most or self.config.most_mbit, alone=alone)
        return rate if self._tells(loop, most) else most

    def _held(self, t_ns: int, direction: Direction, most: float | None) -> float | None:
        """The rate while no sample comes: the last one, until it is stale."""
        loop = self._loops.get(direction)
        stale_ns = self.config.stale_s * NS_PER_S
        if loop is None or t_ns - self._heard_ns[direction] > stale_ns:
            return self._first(most)
        if not self._tells(loop, most):
            return most
        return loop.applied_mbit if most is None else min(most, loop.applied_mbit)

    def _tells(self, loop: RateLoop, most: float | None) -> bool:
        """Whether a loop knows better than the ceiling, or than holding to nothing."""
        started = most is None and self.config.start_mbit is not None
        return started or loop.wall_mbit is not None

    def _first(self, most: float | None) -> float | None:
        """The rate of a direction of whose delay nothing is known."""
        return self.config.start_mbit if most is None else most

    def _loop(self, direction: Direction, most: float | None) -> RateLoop:
        if direction not in self._loops:
            start_mbit = self._first(most) or self.config.most_mbit
            self._loops[direction] = RateLoop(self.config.latency, start_mbit=start_mbit)
        return self._loops[direction]

    def why(self) -> Reason:
        saw = {f"{d}_delay_ms": sample.delay_ms for d, sample in self._samples.items()}
        rates = {f"{d}_mbit": loop.applied_mbit for d, loop in self._loops.items()}
        rules = [f"{d}: {self._loops[d].rule}" for d in self._samples]
        return Reason(
            policy="shaping",
            rule="; ".join([f"ceiling: {self._ceiling.rule}", *rules]),
            saw={"ceiling_mbit": self._ceiling.mbit, **saw, **rates},
        )
