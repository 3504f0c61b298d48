"""The feature state of a node from its own windows: 100 ms motion, 1 s breath, 5 s baseline."""

from dataclasses import dataclass, field

from airsonde.mesh.drift import Trend
from airsonde.mesh.feature_state import FeatureState
from airsonde.mesh.model import CaptureProfile, Drift, NodeState, QualityFlag
from airsonde.mesh.observation import clamp


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionWindow:
    """100 ms: how much moves, whether somebody is there, how well the frames hang together."""

    motion: float
    presence: float | None
    coherence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalWindow:
    """1 s step of the breath and pulse estimators; None where they say nothing."""

    respiration_bpm: float | None
    respiration_conf: float
    heartbeat_bpm: float | None = None
    heartbeat_conf: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineWindow:
    """5 s: distance from the calibrated baseline, and what does not fit anything known, 0…1."""

    env_shift: float
    anomaly: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureConfig:
    anomaly_threshold: float = 0.6
    env_shift_threshold: float = 0.3
    motion_dominates: float = 0.2
    min_conf: float = 0.5
    respiration_bpm: tuple[float, float] = (6.0, 40.0)
    heartbeat_bpm: tuple[float, float] = (40.0, 180.0)


@dataclass(slots=True)
class FeatureBuilder:
    """Numbers the states of one node; a window that is missing leaves its fields and flags at 0."""

    node_id: int
    config: FeatureConfig = field(default_factory=FeatureConfig)
    _seq: int = 0

    def build(
        self,
        t_us: int,
        motion: MotionWindow,
        vital: VitalWindow | None,
        baseline: BaselineWindow | None,
        *,
        state: NodeState,
        trend: Trend | None = None,
    ) -> FeatureState:
        """One feature state; `mode` is the profile of the window that dominates it."""
        seq, self._seq = self._seq, (self._seq + 1) & 0xFFFF
        vital = vital or VitalWindow(respiration_bpm=None, respiration_conf=0.0)
        baseline = baseline or BaselineWindow(env_shift=0.0, anomaly=0.0)
        return FeatureState(
            node_id=self.node_id,
            mode=self._mode(motion, vital, state),
            seq=seq,
            ts_us=t_us,
            motion_score=clamp(motion.motion),
            presence_score=clamp(motion.presence or 0.0),
            respiration_bpm=vital.respiration_bpm or 0.0,
            respiration_conf=clamp(vital.respiration_conf),
            heartbeat_bpm=vital.heartbeat_bpm or 0.0,
            heartbeat_conf=clamp(vital.heartbeat_conf),
            anomaly_score=clamp(baseline.anomaly),
            env_shift_score=clamp(baseline.env_shift),
            node_coherence=clamp(motion.coherence),
            quality_flags=int(self._flags(motion, vital, baseline) | _standing(state, trend)),
        )

    def _mode(self, motion: MotionWindow, vital: VitalWindow, state: NodeState) -> CaptureProfile:
        """Motion drowns breath; breath, where it is there, says more than the baseline."""
        if state is NodeState.CALIBRATION:
            return CaptureProfile.CALIBRATION
        if clamp(motion.motion) >= self.config.motion_dominates:
            return CaptureProfile.FAST_MOTION
        if self._breathes(vital):
            return CaptureProfile.RESP_HIGH_SENS
        return CaptureProfile.PASSIVE_LOW_RATE

    def _breathes(self, vital: VitalWindow) -> bool:
        low, high = self.config.respiration_bpm
        bpm = vital.respiration_bpm
        sure = vital.respiration_conf >= self.config.min_conf
        return bpm is not None and low <= bpm <= high and sure

    def _beats(self, vital: VitalWindow) -> bool:
        low, high = self.config.heartbeat_bpm
        bpm = vital.heartbeat_bpm
        sure = vital.heartbeat_conf >= self.config.min_conf
        return bpm is not None and low <= bpm <= high and sure

    def _flags(
        self, motion: MotionWindow, vital: VitalWindow, baseline: BaselineWindow
    ) -> QualityFlag:
        holds = {
            QualityFlag.PRESENCE_VALID: motion.presence is not None,
            QualityFlag.RESPIRATION_VALID: self._breathes(vital),
            QualityFlag.HEARTBEAT_VALID: self._beats(vital),
            QualityFlag.ANOMALY_TRIGGERED: baseline.anomaly >= self.config.anomaly_threshold,
            QualityFlag.ENV_SHIFT: baseline.env_shift >= self.config.env_shift_threshold,
        }
        return QualityFlag(sum(flag for flag, on in holds.items() if on))


def _standing(state: NodeState, trend: Trend | None) -> QualityFlag:
    """Flags that follow from how the node stands, not from a window."""
    flags = QualityFlag(0)
    if state is NodeState.DEGRADED:
        flags |= QualityFlag.DEGRADED
    if state is NodeState.CALIBRATION:
        flags |= QualityFlag.CALIBRATING
    if trend is not None and trend.drift is not Drift.STABLE:
        flags |= QualityFlag.RECOMMEND_RECALIBRATION
    return flags
