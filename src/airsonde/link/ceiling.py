"""The rate the air can carry at most, from PHY rate, retries and what others occupy."""

from collections import deque
from dataclasses import dataclass

from airsonde.link.model import NS_PER_S, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingConfig:
    """`efficiency`: what is left of the PHY rate after preambles, gaps and acknowledgements.

    The ceiling drops to the higher of two samples in a row that lie under `drop` times it, and
    rises to the `quantile` of the last `window_s` when that has been over `rise` times it for
    `rise_s`. Stations report the rate of management frames too: bitrates up to `basic_mbit` count
    only when `basics` come in a row, and none while fewer than `least_pps` packets/s flow.
    """

    efficiency: float = 0.85
    quantile: float = 0.2
    window_s: float = 30.0
    spacing_s: float = 1.0
    drop: float = 0.8
    rise: float = 1.2
    rise_s: float = 20.0
    basic_mbit: float = 12.0
    basics: int = 3
    least_pps: float = 10.0


class RateCeiling:
    """`bitrate * efficiency * (1 - retries) * (1 - busy)`, low and slow, but quick to fall."""

    def __init__(self, config: CeilingConfig | None = None) -> None:
        self.config = config or CeilingConfig()
        self._samples: deque[tuple[int, float]] = deque()
        self._last_ns: int | None = None
        self._basics = 0
        self._over_since_ns: int | None = None
        self.mbit: float | None = None
        self.rule = "bitrate unknown"

    def push(self, now: Situation) -> float | None:
        """The ceiling in Mbit/s; None while nothing is known."""
        if now.woke:
            self._samples.clear()
            self._over_since_ns = None
        bitrate = now.obs.bitrate_mbit
        if not bitrate:
            self.rule = "bitrate unknown"
        elif self._is_idle(now):
            self.rule = "idle: the bitrate says nothing"
        elif not self._is_spaced(now.obs.t_ns):
            self.rule = "no new sample"
        elif self._is_basic(bitrate):
            self.rule = "a basic rate says nothing"
        else:
            self._take(now.obs.t_ns, self._usable(now, bitrate))
        return self.mbit

    def _is_idle(self, now: Situation) -> bool:
        pps = now.estimates.packets_pps
        return self.mbit is not None and pps is not None and pps < self.config.least_pps

    def _usable(self, now: Situation, bitrate: float) -> float:
        kept = 1 - (now.estimates.retry_share or 0.0)
        free = 1 - (now.obs.channel_busy or 0.0)
        return bitrate * self.config.efficiency * max(kept, 0.1) * max(free, 0.1)

    def _is_spaced(self, t_ns: int) -> bool:
        spacing_ns = self.config.spacing_s * NS_PER_S
        spaced = self._last_ns is None or t_ns - self._last_ns >= spacing_ns
        if spaced:
            self._last_ns = t_ns
        return spaced

    def _is_basic(self, bitrate_mbit: float) -> bool:
        """A management frame's rate, as far as one can tell."""
        self._basics = self._basics + 1 if bitrate_mbit <= self.config.basic_mbit else 0
        return 0 < self._basics < self.config.basics

    def _take(self, t_ns: int, sample: float) -> None:
        self._samples.append((t_ns, sample))
        while t_ns - self._samples[0][0] > self.config.window_s * NS_PER_S:
            self._samples.popleft()
        self._move(t_ns)

    def _move(self, t_ns: int) -> None:
        ordered = sorted(mbit for _, mbit in self._samples)
        low = ordered[int(len(ordered) * self.config.quantile)]
        recent = max(mbit for _, mbit in list(self._samples)[-2:])
        if self.mbit is None:
            self._set(low, "first bitrate")
        elif len(ordered) > 1 and recent < self.config.drop * self.mbit:
            while len(self._samples) > 2:
                self._samples.popleft()
            self._set(recent, "dropped: two samples agree")
        elif low <= self.config.rise * self.mbit:
            self._over_since_ns, self.rule = None, "within the dead band"
        else:
            self._rise(t_ns, low)

    def _rise(self, t_ns: int, low: float) -> None:
        if self._over_since_ns is None:
            self._over_since_ns = t_ns
        if t_ns - self._over_since_ns >= self.config.rise_s * NS_PER_S:
            self._set(low, "risen for long enough")
        else:
            self.rule = "risen, not for long enough"

    def _set(self, mbit: float, rule: str) -> None:
        self.mbit, self.rule, self._over_since_ns = mbit, rule, None
