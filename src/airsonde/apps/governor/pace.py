"""How soon to look at an interface again: rarely when idle, often while a queue grows."""

from airsonde.apps.governor.settings import GovernorConfig
from airsonde.link.model import NS_PER_S, Observation

_SPAN_NS = NS_PER_S // 5  # packets come in bunches
_LATE = 1.5  # a look comes with the gateway's answer, or when that takes so many times as long


class Pace:
    """The pause after the last observation of one interface.

    `alert` while a delay was seen lately and much still flows: the next answer of the gateway is
    worth a look at once.
    """

    def __init__(self) -> None:
        self.alert = False
        self._last: Observation | None = None
        self._empty_ms: float | None = None
        self._flowing_mbit = 0.0
        self._delayed_ns: int | None = None

    def push(self, obs: Observation, config: GovernorConfig) -> None:
        """Take an observation into account: what flowed since the last, and what it waited."""
        last = self._last or obs
        if self._last is None or obs.t_ns - last.t_ns >= _SPAN_NS:
            self._flowing_mbit = _grown(last, obs) * 8e3 / max(1, obs.t_ns - last.t_ns)
            self._last = obs
        waited_ms = self._waited_ms(obs)
        if waited_ms is not None and waited_ms >= config.delayed_ms:
            self._delayed_ns = obs.t_ns
        alert_ns = config.alert_s * NS_PER_S
        lately = self._delayed_ns is not None and obs.t_ns - self._delayed_ns <= alert_ns
        self.alert = lately and self._flows(config)

    def pause_s(self, config: GovernorConfig) -> float:
        if not self._flows(config):
            return config.tick_s
        fast_s = _LATE * config.delayed_tick_s if self.alert else config.busy_tick_s
        return min(config.tick_s, fast_s)

    def _flows(self, config: GovernorConfig) -> bool:
        return 0 < config.busy_mbit < self._flowing_mbit

    def _waited_ms(self, obs: Observation) -> float | None:
        """Delay over that of the empty path, None where nothing was measured."""
        gateway_ms = obs.gateway_rtt_ms
        if gateway_ms is not None:
            empty_ms = gateway_ms if self._empty_ms is None else self._empty_ms
            self._empty_ms = min(gateway_ms, empty_ms + 0.01)  # it may have moved away
            gateway_ms -= self._empty_ms
        known = [ms for ms in (gateway_ms, obs.tcp_delay_ms) if ms is not None]
        return max(known, default=None)


def _grown(before: Observation, after: Observation) -> int:
    """Bytes that passed in both directions; 0 where they are not counted or began anew."""
    pairs = ((before.rx_bytes, after.rx_bytes), (before.tx_bytes, after.tx_bytes))
    return sum(max(0, b - a) for a, b in pairs if a is not None and b is not None)
