"""The slow loop (about 30 s): does the room drift, must the baseline be measured anew."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from airsonde.mesh.drift import DriftConfig, Trend, trend
from airsonde.mesh.model import Drift, NodeState
from airsonde.mesh.observation import NodeAction, Recalibrate, SetDeltaOnly, Situation, clamp

SECOND_NS = 1_000_000_000
_QUIET = frozenset({NodeState.SENSE_IDLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowConfig:
    """`linear_limit` is how far a slow drift may go before it is taken out by a calibration."""

    period_ns: int = 30 * SECOND_NS
    values: int = 20
    drift: DriftConfig = field(default_factory=DriftConfig)
    linear_limit: float = 0.3
    delta_after: int = 6


@dataclass(slots=True)
class SlowLoop:
    """Looks at every observation, for delta-only mode ends at once; judges once a period."""

    config: SlowConfig = field(default_factory=SlowConfig)
    trend: Trend = field(default_factory=lambda: Trend(drift=Drift.STABLE, change=0.0))
    _history: deque[float] = field(init=False)
    _judged_ns: int | None = None
    _calm: int = 0
    _delta_only: bool = False

    def __post_init__(self) -> None:
        self._history = deque(maxlen=self.config.values)

    def step(self, now: Situation, /) -> Sequence[NodeAction]:
        out: list[NodeAction] = []
        if now.state is NodeState.CALIBRATION:
            self._history.clear()
        if self._due(now.t_ns):
            out += self._judge(now)
        if now.state not in _QUIET:
            self._calm = 0
        if (want := self._calm >= self.config.delta_after) != self._delta_only:
            self._delta_only = want
            out.append(SetDeltaOnly(want))
        return out

    def _due(self, t_ns: int) -> bool:
        if self._judged_ns is not None and t_ns - self._judged_ns < self.config.period_ns:
            return False
        self._judged_ns = t_ns
        return True

    def _judge(self, now: Situation) -> Sequence[NodeAction]:
        """Take in the baseline, classify its course, ask for a calibration where it went off."""
        if now.obs.env_shift is None or now.state is NodeState.CALIBRATION:
            return ()
        self._history.append(clamp(now.obs.env_shift))
        self.trend = trend(tuple(self._history), self.config.drift)
        known = len(self._history) >= self.config.drift.least_values
        self._calm = self._calm + 1 if known and self.trend.drift is Drift.STABLE else 0
        if not self._went_off():
            return ()
        self._history.clear()
        return (Recalibrate(str(self.trend.drift)),)

    def _went_off(self) -> bool:
        if self.trend.drift is Drift.LINEAR:
            return abs(self.trend.change) > self.config.linear_limit
        return self.trend.drift is Drift.STEP_CHANGE
