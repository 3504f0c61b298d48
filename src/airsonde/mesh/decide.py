"""The conservative policy of ADR-081: what one observation alone asks of a node.

It has no memory; grace, dwell and hysteresis are the fast loop's. All comparisons are made in
float32, as the firmware makes them.
"""

import math
import struct
from dataclasses import dataclass

from airsonde.mesh.model import CaptureProfile, NodeState

_F32 = struct.Struct("<f")


def f32(x: float) -> float:
    """Round to the nearest float32."""
    try:
        rounded: float = _F32.unpack(_F32.pack(x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)
    return rounded


MIN_COHERENCE = f32(0.20)
PRESENT = f32(0.5)
STILL = f32(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideConfig:
    """`min_pkt_yield` 0 turns the yield rule off; `aggressive` halves the reporting intervals."""

    aggressive: bool = False
    motion_threshold: float = 0.20
    anomaly_threshold: float = 0.60
    min_pkt_yield: float = 5
    min_coherence: float = MIN_COHERENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """What the policy looks at: packets a second, three different scores, coherence, each 0…1."""

    pkt_yield: float
    motion: float
    presence: float
    anomaly: float
    coherence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    change_state: bool
    new_state: NodeState
    change_profile: bool
    new_profile: CaptureProfile
    change_channel: bool = False
    request_calibration: bool = False
    vital_interval_ms: int


def decide(config: DecideConfig, state: NodeState, sensed: Sensed) -> Decision:
    """The first rule that holds: collapse, anomaly, motion, somebody who keeps still, nothing."""
    target, profile, always, interval_ms = _rule(config, sensed)
    return Decision(
        change_state=target is not state,
        new_state=target,
        change_profile=always or target is not state,
        new_profile=profile,
        vital_interval_ms=interval_ms,
    )


def _rule(config: DecideConfig, sensed: Sensed) -> tuple[NodeState, CaptureProfile, bool, int]:
    """Target state, its profile, whether the profile is asked for even without a change, ms."""
    motion = f32(sensed.motion)
    if sensed.pkt_yield < config.min_pkt_yield or f32(sensed.coherence) < f32(config.min_coherence):
        return NodeState.DEGRADED, CaptureProfile.PASSIVE_LOW_RATE, False, 2000
    if f32(sensed.anomaly) >= f32(config.anomaly_threshold):
        return NodeState.ALERT, CaptureProfile.FAST_MOTION, True, 100
    if motion >= f32(config.motion_threshold):
        interval_ms = 100 if config.aggressive else 200
        return NodeState.SENSE_ACTIVE, CaptureProfile.FAST_MOTION, True, interval_ms
    if f32(sensed.presence) >= PRESENT and motion < STILL:
        return NodeState.SENSE_IDLE, CaptureProfile.RESP_HIGH_SENS, True, 1000
    interval_ms = 500 if config.aggressive else 1000
    return NodeState.SENSE_IDLE, CaptureProfile.PASSIVE_LOW_RATE, False, interval_ms
