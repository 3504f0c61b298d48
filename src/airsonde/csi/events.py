"""The words of conclusions: windows shown to detectors, what they read, and events.

A *reading* says how something stands at the end of a window; an *event* says that it changed.
Where the signal does not support a claim a reading holds None or UNKNOWN, and a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, FrameBatch, Lane

Numbers: TypeAlias = Mapping[str, float | int | str | None]


class EventKind(StrEnum):
    """The ten published kinds, in the order in which the reference declares them."""

    PRESENCE_STARTED = "PresenceStarted"
    PRESENCE_ENDED = "PresenceEnded"
    MOTION_DETECTED = "MotionDetected"
    MOTION_SETTLED = "MotionSettled"
    BASELINE_CHANGED = "BaselineChanged"
    SIGNAL_QUALITY_DROPPED = "SignalQualityDropped"
    DEVICE_DISCONNECTED = "DeviceDisconnected"
    BREATHING_CANDIDATE = "BreathingCandidate"
    ANOMALY_DETECTED = "AnomalyDetected"
    CALIBRATION_REQUIRED = "CalibrationRequired"


class Occupancy(StrEnum):
    """What is said of a room; UNKNOWN where the signal does not tell."""

    EMPTY = "empty"
    OCCUPIED = "occupied"
    MOVING = "moving"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """W ≥ 1 validated frames of one lane with start_ns <= t_ns < end_ns.

    | field | shape, unit |
    |---|---|
    | window_id | counted over the session, in the order in which windows are completed |
    | frames | the frames, complex as measured |
    | tones | intp[T], which of the n_rx * n_tx * S values of a frame carry signal |
    | amplitude | float32[W, T], |H| at `tones` over the frame's RMS per receive antenna |
    | quality | mean quality of the frames, 0..1 |
    | rejected | frames of the lane that validation refused since the window before |
    """

    window_id: int
    start_ns: int
    end_ns: int
    frames: FrameBatch
    tones: NDArray[np.intp]
    amplitude: F32
    quality: float
    rejected: int = 0

    @property
    def lane(self) -> Lane:
        return self.frames.lane

    @property
    def t_ns(self) -> int:
        return self.end_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionReading:
    """Whether something moves; `moving` is None where that cannot be told, `reason` says why.

    `score` is on the scale of `threshold`, both None before they can be known; `probability`
    is that of `moving` being true, 0..1.
    """

    t_ns: int
    window_id: int
    score: float | None
    threshold: float | None
    moving: bool | None
    probability: float = 0.5
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreathingReading:
    """A rate, or None with one of four reasons: moving, weak, short, irregular sampling."""

    t_ns: int
    bpm: float | None
    confidence: float
    interval_bpm: tuple[float, float] | None = None
    reason: str | None = None
    evidence: tuple[int, ...] = ()
    numbers: Numbers = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceReading:
    """What is known of the room; `confidence` is that of the verdict, `reason` what it rests on."""

    t_ns: int
    verdict: Occupancy
    confidence: float
    reason: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a detector says before it is numbered; `evidence` holds window numbers, ≥ 1."""

    kind: EventKind
    t_ns: int
    confidence: float
    evidence: tuple[int, ...]
    numbers: Numbers = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A finding with its number in the session, its lane and the calibration it rests on."""

    event_id: int
    kind: EventKind
    source: str
    lane: int
    t_ns: int
    confidence: float
    evidence: tuple[int, ...]
    calibration: str | None
    numbers: Numbers
