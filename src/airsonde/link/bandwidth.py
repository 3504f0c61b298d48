"""Preset adaptive's shaping: bounded by what the air carries, steered by the delay it causes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from airsonde.link.ceiling import CeilingConfig, RateCeiling
from airsonde.link.latency import DelaySample, LatencyConfig, RateLoop
from airsonde.link.model import NS_PER_S, Direction, LinkAction, Reason, SetShaping, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthConfig:
    """`most_mbit` bounds a path of unknown rate; a delay is forgotten after `stale_s`.

    The empty path's gateway delay is the least one seen; it may grow by `creep_ms` per sample.
    """

    most_mbit: float = 1000.0
    stale_s: float = 5.0
    creep_ms: float = 0.01
    ceiling: CeilingConfig = field(default_factory=CeilingConfig)
    latency: LatencyConfig = field(default_factory=LatencyConfig)


class Bandwidth:
    """Egress stays below the ceiling; with delays known, each direction follows its own.

    Where only one delay is known for both directions, the fuller one answers for it. A direction
    that no PHY rate bounds is shaped once a delay was blamed on it.
    """

    def __init__(self, config: BandwidthConfig | None = None) -> None:
        self.config = config or BandwidthConfig()
        self._ceiling = RateCeiling(self.config.ceiling)
        self._loops: dict[Direction, RateLoop] = {}
        self._heard_ns: dict[Direction, int] = {}
        self._empty_ms: float | None = None
        self._delays: dict[Direction, float] = {}

    def step(self, now: Situation, /) -> Sequence[LinkAction]:
        ceiling = self._ceiling.push(now)
        self._delays = self._blame(now)
        rates = ((d, self._rate(now, d, ceiling)) for d in Direction)
        return [
            SetShaping(ifname=now.obs.ifname, bandwidth_mbit=round(mbit, 1), direction=direction)
            for direction, mbit in rates
            if mbit is not None
        ]

    def _rate(self, now: Situation, direction: Direction, ceiling: float | None) -> float | None:
        most = ceiling if direction is Direction.EGRESS else None
        t_ns, delay_ms = now.obs.t_ns, self._delays.get(direction)
        if delay_ms is None:
            return self._held(t_ns, direction, most)
        self._heard_ns[direction] = t_ns
        carried = _carried(now, direction)
        sample = DelaySample(t_ns=t_ns, delay_ms=delay_ms, carried_mbit=carried)
        loop = self._loop(direction, most)
        rate = loop.push(sample, most or self.config.most_mbit)
        return most if loop.wall_mbit is None else rate

    def _held(self, t_ns: int, direction: Direction, most: float | None) -> float | None:
        """The rate while no sample comes: the last one, until it is stale."""
        loop = self._loops.get(direction)
        stale_ns = self.config.stale_s * NS_PER_S
        if loop is None or loop.wall_mbit is None or t_ns - self._heard_ns[direction] > stale_ns:
            return most
        return loop.applied_mbit if most is None else min(most, loop.applied_mbit)

    def _loop(self, direction: Direction, most: float | None) -> RateLoop:
        if direction not in self._loops:
            self._loops[direction] = RateLoop(
                self.config.latency,
                start_mbit=most or self.config.most_mbit,
                behind=direction is Direction.INGRESS,
            )
        return self._loops[direction]

    def _blame(self, now: Situation) -> dict[Direction, float]:
        """Added delay (ms) by direction."""
        obs = now.obs
        if obs.up_delay_ms is not None or obs.down_delay_ms is not None:
            split = {Direction.EGRESS: obs.up_delay_ms, Direction.INGRESS: obs.down_delay_ms}
            return {d: ms for d, ms in split.items() if ms is not None}
        ms = obs.tcp_delay_ms if obs.tcp_delay_ms is not None else self._gateway_delay_ms(now)
        return {} if ms is None else {self._fuller(now): ms}

    def _gateway_delay_ms(self, now: Situation) -> float | None:
        rtt = now.obs.gateway_rtt_ms
        if rtt is None:
            return None
        empty = rtt if self._empty_ms is None else self._empty_ms + self.config.creep_ms
        self._empty_ms = min(rtt, empty)
        return rtt - self._empty_ms

    def _fuller(self, now: Situation) -> Direction:
        up, down = (_carried(now, direction) for direction in Direction)
        return Direction.INGRESS if (down or 0.0) > (up or 0.0) else Direction.EGRESS

    def why(self) -> Reason:
        saw = {f"{d}_delay_ms": ms for d, ms in self._delays.items()}
        rates = {f"{d}_mbit": loop.applied_mbit for d, loop in self._loops.items()}
        rules = [f"{d}: {self._loops[d].rule}" for d in self._delays]
        return Reason(
            policy="shaping",
            rule="; ".join([f"ceiling: {self._ceiling.rule}", *rules]),
            saw={"ceiling_mbit": self._ceiling.mbit, **saw, **rates},
        )


def _carried(now: Situation, direction: Direction) -> float | None:
    egress = direction is Direction.EGRESS
    return now.momentary.tx_mbit if egress else now.momentary.rx_mbit
