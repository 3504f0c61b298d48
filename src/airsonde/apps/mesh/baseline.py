"""What a still room looked like when a node was calibrated, and how far it is from that now."""

from dataclasses import dataclass, field

import numpy as np

from airsonde.csi.model import F32
from airsonde.csi.pipeline import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineConfig:
    """Seconds count still windows only; `window_s` is what a distance is taken over."""

    learn_s: float = 3.0
    window_s: float = 5.0


@dataclass(slots=True)
class _Lane:
    """Mean relative amplitudes, float32[T]: over `window_s` now, and as they were learnt."""

    now: F32
    last_ns: int
    still_s: float = 0.0
    learnt: F32 | None = None


@dataclass(slots=True)
class RoomBaseline:
    """Fed by looks; `begin` starts anew."""

    config: BaselineConfig = field(default_factory=BaselineConfig)
    _lanes: dict[int, _Lane] = field(default_factory=dict)

    def begin(self) -> None:
        self._lanes.clear()

    @property
    def calibrated(self) -> bool:
        return any(lane.learnt is not None for lane in self._lanes.values())

    @property
    def shift(self) -> float | None:
        """The largest distance of a lane: RMS of the difference over RMS of what was learnt."""
        far = [_distance(lane.now, lane.learnt) for lane in self._lanes.values()
               if lane.learnt is not None]  # fmt: skip
        return max(far, default=None)

    def add(self, look: Look) -> None:
        """Take one window in, if it was still."""
        window = look.window
        if look.motion.moving is not False or not len(window.tones):
            return
        profile = np.asarray(window.amplitude.mean(axis=0), np.float32)
        lane = self._lanes.get(window.lane.number)
        if lane is None or len(lane.now) != len(profile):
            self._lanes[window.lane.number] = _Lane(profile, window.end_ns)
            return
        span_s = min(1.0, max(0, window.end_ns - lane.last_ns) / 1e9)
        lane.last_ns = window.end_ns
        lane.still_s += span_s
        reach_s = min(lane.still_s, self.config.window_s)
        if reach_s > 0:
            lane.now = lane.now + np.float32(span_s / reach_s) * (profile - lane.now)
        if lane.learnt is None and lane.still_s >= self.config.learn_s:
            lane.learnt = lane.now


def _distance(now: F32, learnt: F32) -> float:
    power = float(np.square(learnt).mean())
    return float(np.square(now - learnt).mean() / power) ** 0.5 if power else 0.0
