"""The fast loop (about 200 ms): which state a node is in, and how its radio should measure.

What the policy of `decide` says is wrapped in a grace after the start (a boot is no collapse), in
hysteresis and dwell (one good tick is no recovery). With `A1` all three are off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from airsonde.core.smooth import Persist
from airsonde.mesh.decide import DecideConfig, Decision, Sensed, decide
from airsonde.mesh.messages import AnomalyAlert
from airsonde.mesh.model import (
    EVERY_NODE,
    AlertReason,
    CaptureProfile,
    NodeRole,
    NodeState,
)
from airsonde.mesh.observation import (
    EnterState,
    NodeAction,
    NodeObservation,
    Raise,
    SetProfile,
    SetRawCsi,
    SetReportInterval,
    clamp,
)
from airsonde.mesh.states import SENSED_AS, Signal, next_state

SECOND_NS = 1_000_000_000
_URGENCY = (
    NodeState.SENSE_IDLE,
    NodeState.SENSE_ACTIVE,
    NodeState.ALERT,
    NodeState.DEGRADED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FastConfig:
    """`hysteresis`: the share by which a value must clear its threshold to leave a state."""

    policy: DecideConfig = field(default_factory=DecideConfig)
    grace_ns: int = 3 * SECOND_NS
    dwell_ns: int = 2 * SECOND_NS
    hysteresis: float = 0.2
    radio_wait_ns: int = 10 * SECOND_NS
    clock_wait_ns: int = 5 * SECOND_NS
    clock_error_us: float = 5_000
    calibration_ns: int = 10 * SECOND_NS
    raw_passthrough_ns: int = 60 * SECOND_NS
    min_agreement: float = 0.5
    disagreement_ticks: int = 50
    disagreement_gap_ns: int = 600 * SECOND_NS
    profile_sticks: bool = True


A1 = FastConfig(grace_ns=0, dwell_ns=0, hysteresis=0, disagreement_ticks=0, profile_sticks=False)


@dataclass(slots=True)
class FastLoop:
    """`state` and `profile` are what stands; `recalibrate` asks for a calibration when possible."""

    config: FastConfig = field(default_factory=FastConfig)
    state: NodeState = NodeState.BOOT
    profile: CaptureProfile = CaptureProfile.PASSIVE_LOW_RATE
    recalibrate: bool = False
    _role: NodeRole | None = None
    _entered_ns: int = 0
    _sensing_ns: int | None = None
    _urgent_ns: int = 0
    _calibration_ns: int | None = None
    _disagrees: Persist = field(init=False)

    def __post_init__(self) -> None:
        self._disagrees = Persist(self.config.disagreement_ticks)

    def step(self, obs: NodeObservation, /) -> Sequence[NodeAction]:
        if self.state is NodeState.CALIBRATION or self.state not in _URGENCY:
            return self._set_up(obs)
        if self._sensing_ns is None:
            self._sensing_ns = obs.t_ns
        if self._wants_calibration(obs) and _fit(obs) and self.state is not NodeState.ALERT:
            self.recalibrate = False
            return self._move(Signal.RECALIBRATE, obs)
        return self._sense(obs)

    def _set_up(self, obs: NodeObservation) -> Sequence[NodeAction]:
        signal = self._set_up_signal(obs, obs.t_ns - self._entered_ns)
        return () if signal is None else self._move(signal, obs)

    def _set_up_signal(self, obs: NodeObservation, waited_ns: int) -> Signal | None:
        match self.state:
            case NodeState.BOOT:
                return Signal.STARTED
            case NodeState.SELF_TEST:
                return {True: Signal.PASSED, False: Signal.FAILED, None: None}[obs.self_test]
            case NodeState.RADIO_INIT:
                late = waited_ns >= self.config.radio_wait_ns
                return Signal.RADIO_OPEN if obs.radio.open else Signal.FAILED if late else None
            case NodeState.TIME_SYNC:
                settled = (
                    obs.clock_error_us is not None
                    and obs.clock_error_us <= self.config.clock_error_us
                )
                waived = waited_ns >= self.config.clock_wait_ns
                return Signal.CLOCK_SETTLED if settled or waived else None
            case _:
                if not _fit(obs):
                    return Signal.COLLAPSE
                done = obs.calibrated or waited_ns >= self.config.calibration_ns
                return Signal.CALIBRATED if done else None

    def _wants_calibration(self, obs: NodeObservation) -> bool:
        """A role that changed, nodes that keep disagreeing, or whoever asked for it."""
        before, self._role = self._role, obs.role
        apart = obs.agreement is not None and obs.agreement < self.config.min_agreement
        sustained = self._disagrees.push("apart" if apart else None)
        if before not in {None, obs.role} or (sustained and self._may_settle_by_calibration(obs)):
            self.recalibrate = True
            self._disagrees.reset()
        return self.recalibrate

    def _may_settle_by_calibration(self, obs: NodeObservation) -> bool:
        """A disagreement that a calibration did not settle is not calibrated away at once again."""
        last_ns, gap_ns = self._calibration_ns, self.config.disagreement_gap_ns
        enabled = self.config.disagreement_ticks > 0
        return enabled and (last_ns is None or obs.t_ns - last_ns >= gap_ns)

    def _sense(self, obs: NodeObservation) -> Sequence[NodeAction]:
        sensed = self._sensed(obs)
        decision = decide(self.config.policy, self.state, sensed)
        if self._held(decision, sensed, obs.t_ns):
            return ()
        out: list[NodeAction] = [*self._move(SENSED_AS[decision.new_state], obs)]
        stale = self.config.profile_sticks and decision.new_profile is not self.profile
        if decision.change_profile or stale:
            self.profile = decision.new_profile
            out.append(SetProfile(self.profile))
        return [*out, SetReportInterval(decision.vital_interval_ms)]

    def _sensed(self, obs: NodeObservation) -> Sensed:
        """Scores within 0…1; a yield that is not known yet, or still building up, passes."""
        policy, measured = self.config.policy, obs.radio.pkt_yield
        begun_ns = obs.t_ns if self._sensing_ns is None else self._sensing_ns
        if measured is None:
            measured = policy.min_pkt_yield
        elif obs.t_ns - begun_ns < self.config.grace_ns:
            measured = max(measured, policy.min_pkt_yield)
        return Sensed(
            pkt_yield=measured,
            motion=clamp(obs.motion),
            presence=clamp(obs.presence),
            anomaly=clamp(obs.anomaly),
            coherence=clamp(obs.coherence) if _fit(obs) else 0.0,
        )

    def _held(self, decision: Decision, sensed: Sensed, t_ns: int) -> bool:
        """Whether a calmer state must wait: not clear of the thresholds, or not for long enough."""
        urgency = _URGENCY.index(self.state)
        if _URGENCY.index(decision.new_state) >= urgency:
            self._urgent_ns = t_ns
            return False
        strict = decide(self._strict(), self.state, sensed)
        if _URGENCY.index(strict.new_state) >= urgency:
            self._urgent_ns = t_ns
            return True
        return t_ns - self._urgent_ns < self.config.dwell_ns

    def _strict(self) -> DecideConfig:
        policy, share = self.config.policy, self.config.hysteresis
        return replace(
            policy,
            motion_threshold=policy.motion_threshold * (1 - share),
            anomaly_threshold=policy.anomaly_threshold * (1 - share),
            min_pkt_yield=policy.min_pkt_yield * (1 + share),
            min_coherence=policy.min_coherence * (1 + share),
        )

    def _move(self, signal: Signal, obs: NodeObservation) -> Sequence[NodeAction]:
        """Follow a signal, and say what entering or leaving a state brings with it."""
        before, self.state = self.state, next_state(self.state, signal)
        if self.state is before:
            return ()
        self._entered_ns = self._urgent_ns = obs.t_ns
        self.recalibrate |= signal is Signal.FAILED
        out: list[NodeAction] = [EnterState(self.state, before)]
        if self.state is NodeState.CALIBRATION:
            self._calibration_ns = obs.t_ns
            self.profile = CaptureProfile.CALIBRATION
            out.append(SetProfile(self.profile))
        elif before is NodeState.CALIBRATION:
            self.profile = CaptureProfile.PASSIVE_LOW_RATE
            out.append(SetProfile(self.profile))
        if NodeState.DEGRADED in {before, self.state}:
            until_ns = obs.t_ns + self.config.raw_passthrough_ns
            out.append(SetRawCsi(until_ns if self.state is NodeState.DEGRADED else None))
        if self.state in {NodeState.ALERT, NodeState.DEGRADED}:
            out.append(Raise(self._alert(obs)))
        return out

    def _alert(self, obs: NodeObservation) -> AnomalyAlert:
        anomaly, motion = clamp(obs.anomaly), clamp(obs.motion)
        if self.state is NodeState.ALERT:
            apart = obs.agreement is not None and obs.agreement < self.config.min_agreement
            reason = AlertReason.MULTI_LINK_MISMATCH if apart else AlertReason.PHYSICS_VIOLATION
            severity = int(anomaly * 255)
        else:
            incoherent = clamp(obs.coherence) < self.config.policy.min_coherence
            reason = AlertReason.COHERENCE_LOSS if incoherent else AlertReason.PKT_YIELD_COLLAPSE
            severity = 200
        return AnomalyAlert(EVERY_NODE, 0, severity, reason, anomaly, motion)


def _fit(obs: NodeObservation) -> bool:
    """Whether there is anything to measure with."""
    return obs.radio.open and obs.self_test is not False
