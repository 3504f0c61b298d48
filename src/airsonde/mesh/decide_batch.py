"""The policy of `decide` for many nodes at once, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.mesh.decide import PRESENT, STILL, DecideConfig, f32
from airsonde.mesh.model import CaptureProfile, NodeState

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
Bools = NDArray[np.bool_]

# One column a rule of `decide`, from the last to the first.
_STATES = (
    NodeState.SENSE_IDLE,
    NodeState.SENSE_IDLE,
    NodeState.SENSE_ACTIVE,
    NodeState.ALERT,
    NodeState.DEGRADED,
)
_PROFILES = (
    CaptureProfile.PASSIVE_LOW_RATE,
    CaptureProfile.RESP_HIGH_SENS,
    CaptureProfile.FAST_MOTION,
    CaptureProfile.FAST_MOTION,
    CaptureProfile.PASSIVE_LOW_RATE,
)
_ALWAYS = np.array([False, True, True, True, False])
_STATE = np.array(_STATES, dtype=np.uint8)
_PROFILE = np.array(_PROFILES, dtype=np.uint8)
_INTERVAL_MS = np.array([1000, 1000, 200, 100, 2000], dtype=np.uint16)
_AGGRESSIVE_MS = np.array([500, 1000, 100, 100, 2000], dtype=np.uint16)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensedArrays:
    """Columns of N nodes, as in `Sensed`."""

    pkt_yield: U16
    motion: F32
    presence: F32
    anomaly: F32
    coherence: F32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decisions:
    """Columns of N nodes, as in `Decision`."""

    change_state: Bools
    new_state: U8
    change_profile: Bools
    new_profile: U8
    vital_interval_ms: U16


def decide_many(config: DecideConfig, states: U8, sensed: SensedArrays) -> Decisions:
    """For N nodes under one configuration what `decide` says of each; `states` is uint8[N]."""
    rule = _rules(config, sensed)
    target = _STATE.take(rule)
    change = target != states
    return Decisions(
        change_state=change,
        new_state=target,
        change_profile=change | _ALWAYS.take(rule),
        new_profile=_PROFILE.take(rule),
        vital_interval_ms=(_AGGRESSIVE_MS if config.aggressive else _INTERVAL_MS).take(rule),
    )


def _rules(config: DecideConfig, sensed: SensedArrays) -> U8:
    """uint8[N]: which column of the tables above holds; a later rule overrides an earlier one."""
    rule = ((sensed.presence >= np.float32(PRESENT)) & (sensed.motion < np.float32(STILL))).view(
        np.uint8
    )
    _override(rule, sensed.motion >= np.float32(f32(config.motion_threshold)), 2)
    _override(rule, sensed.anomaly >= np.float32(f32(config.anomaly_threshold)), 3)
    _override(rule, sensed.pkt_yield < config.min_pkt_yield, 4)
    _override(rule, sensed.coherence < np.float32(f32(config.min_coherence)), 4)
    return rule


def _override(rule: U8, holds: Bools, number: int) -> None:
    """Where `holds`, put `number`: without branches, for numbers only grow."""
    np.maximum(rule, holds.view(np.uint8) * np.uint8(number), out=rule)
