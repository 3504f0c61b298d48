"""The medium loop (about 1 s): is there a better channel, and is this the right role."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from airsonde.core.smooth import Persist
from airsonde.mesh.model import CaptureProfile, NodeRole, NodeState
from airsonde.mesh.observation import (
    NodeAction,
    NodeObservation,
    ProposeRole,
    SetChannel,
    Situation,
    clamp,
)

SECOND_NS = 1_000_000_000
_PINNED_ROLES = frozenset({NodeRole.ANCHOR, NodeRole.COORDINATOR})
_PINNED_PROFILES = frozenset({CaptureProfile.RESP_HIGH_SENS, CaptureProfile.CALIBRATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumConfig:
    """Weights are costs of the present channel in the unit of busy time (a share, 0…1)."""

    margin: float = 0.15
    persist_ticks: int = 5
    dwell_ns: int = 60 * SECOND_NS
    variance_weight: float = 0.2
    weak_dbm: float = -75.0
    weak_weight: float = 0.2
    disagreement_weight: float = 0.2
    unfit_error_us: float = 20_000
    unfit_ticks: int = 10


@dataclass(slots=True)
class MediumLoop:
    """Anchors and coordinators stay; so does who listens for breath or calibrates."""

    config: MediumConfig = field(default_factory=MediumConfig)
    _better: Persist = field(init=False)
    _unfit: Persist = field(init=False)
    _moved_ns: int | None = None

    def __post_init__(self) -> None:
        self._better = Persist(self.config.persist_ticks)
        self._unfit = Persist(self.config.unfit_ticks)

    def step(self, obs: Situation, /) -> Sequence[NodeAction]:
        return [*self._channel(obs), *self._role(obs.obs)]

    def _channel(self, now: Situation) -> Sequence[NodeAction]:
        target = None if self._pinned(now) else self._target(now.obs)
        if not self._better.push(target) or target is None:
            return ()
        self._better.reset()
        self._moved_ns = now.t_ns
        return (SetChannel(target, now.obs.radio.bw_mhz or 20),)

    def _pinned(self, now: Situation) -> bool:
        resting = self._moved_ns is not None and now.t_ns - self._moved_ns < self.config.dwell_ns
        return (
            resting
            or now.obs.role in _PINNED_ROLES
            or now.profile in _PINNED_PROFILES
            or now.state is NodeState.ALERT
        )

    def _target(self, obs: NodeObservation) -> int | None:
        """The least busy channel, when it beats the present one by the margin."""
        busy, here = obs.radio.busy, obs.radio.channel
        others = [channel for channel in busy if channel != here]
        if here is None or here not in busy or not others:
            return None
        best = min(others, key=lambda channel: (busy[channel], channel))
        return best if self._cost(obs, busy[here]) - busy[best] > self.config.margin else None

    def _cost(self, obs: NodeObservation, busy: float) -> float:
        """Busy time here, and what a poor measurement adds to it; what is unknown adds nothing."""
        c, rssi = self.config, obs.radio.rssi_median_dbm
        cost = busy + c.variance_weight * clamp(obs.csi_variance or 0.0)
        if rssi is not None and rssi < c.weak_dbm:
            cost += c.weak_weight
        if obs.agreement is not None:
            cost += c.disagreement_weight * (1 - clamp(obs.agreement))
        return cost

    def _role(self, obs: NodeObservation) -> Sequence[NodeAction]:
        """An anchor whose clock or signal stays poor should rather observe."""
        error, rssi = obs.clock_error_us, obs.radio.rssi_median_dbm
        poor = None
        if obs.role is NodeRole.ANCHOR:
            if error is not None and error > self.config.unfit_error_us:
                poor = "clock"
            elif rssi is not None and rssi < self.config.weak_dbm:
                poor = "signal"
        if not self._unfit.push(poor) or poor is None:
            return ()
        self._unfit.reset()
        return (ProposeRole(NodeRole.OBSERVER, poor),)
