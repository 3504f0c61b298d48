"""Windows, readings and events as plain values for JSON; unknown is null."""

import math
from dataclasses import asdict
from typing import Any, TypeAlias

from airsonde.csi.breathing.answer import BreathingAnswer
from airsonde.csi.events import Event, PresenceReading
from airsonde.csi.pipeline import Look
from airsonde.csi.window_features import window_features

Fields: TypeAlias = dict[str, Any]


def event_fields(event: Event) -> Fields:
    """One event."""
    return {
        "event_id": event.event_id,
        "kind": event.kind.value,
        "source_id": event.source,
        "lane": event.lane,
        "timestamp_ns": event.t_ns,
        "confidence": rounded(event.confidence),
        "evidence_window_ids": list(event.evidence),
        "calibration_version": event.calibration,
        "numbers": {name: rounded(value) for name, value in event.numbers.items()},
    }


def window_fields(look: Look) -> Fields:
    """One window and what was read from it."""
    window, motion, breathing = look.window, look.motion, look.breathing
    return {
        "window_id": window.window_id,
        "lane": window.lane.number,
        "start_ns": window.start_ns,
        "end_ns": window.end_ns,
        "frame_count": len(window.frames),
        "rejected": window.rejected,
        "quality_score": rounded(window.quality),
        "motion_score": rounded(motion.score),
        "motion_threshold": rounded(motion.threshold),
        "moving": motion.moving,
        "breathing_bpm": rounded(breathing.bpm) if breathing else None,
        "presence": look.presence.verdict.value,
        "presence_confidence": rounded(look.presence.confidence),
        "features": {k: rounded(v) for k, v in asdict(window_features(window)).items()},
        "mean_amplitude": [rounded(a) for a in window.amplitude.mean(axis=0).tolist()],
    }


def breathing_fields(reading: BreathingAnswer) -> Fields:
    """What `airsonde csi breathing --json` prints."""
    interval = reading.interval_bpm
    return {
        "bpm": rounded(reading.bpm, 2),
        "confidence": rounded(reading.confidence, 3),
        "interval_bpm": None if interval is None else [rounded(i, 2) for i in interval],
        "reason": reading.reason,
    }


def presence_fields(reading: PresenceReading) -> Fields:
    """What `airsonde csi presence --json` prints."""
    return {
        "verdict": reading.verdict.value,
        "confidence": rounded(reading.confidence, 3),
        "reason": reading.reason,
    }


def rounded(value: Any, digits: int = 6) -> Any:
    """A number with so many decimals; null where it is not finite; anything else as it is."""
    if isinstance(value, float):
        return round(value, digits) if math.isfinite(value) else None
    return value
