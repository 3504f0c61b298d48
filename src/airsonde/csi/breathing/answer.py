"""One answer for a whole recording, from the readings of its lanes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from airsonde.csi.events import BreathingReading


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLimits:
    """Readings of nearly the longest stretch count; this share of them must claim one rate."""

    nearly: float = 0.95
    claiming: float = 0.35
    together_bpm: float = 1.5
    alike: float = 2 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BreathingAnswer:
    """What `airsonde csi breathing` prints: a rate, or one of the four reasons."""

    bpm: float | None
    confidence: float
    interval_bpm: tuple[float, float] | None
    reason: str | None


def answer(
    lanes: Sequence[Sequence[BreathingReading]], limits: AnswerLimits | None = None
) -> BreathingAnswer:
    """What the readings of all lanes of a capture (each in order of time) say together.

    Lanes that claim must agree, and must not have fewer readings than those that see movement.
    """
    limits = limits or AnswerLimits()
    asked = [(_of_lane(lane, limits), len(lane)) for lane in lanes if lane]
    claims = [(found, size) for found, size in asked if found.bpm is not None]
    moving = sum(size for found, size in asked if found.reason == "moving")
    if not claims:
        return max(asked, key=_usefulness)[0] if asked else _none("short")
    if moving > sum(size for _, size in claims):
        return _none("moving")
    rates = [found.bpm for found, _ in claims if found.bpm is not None]
    if max(rates) - min(rates) > limits.together_bpm:
        return _none("weak")
    return max((found for found, _ in claims), key=lambda found: found.confidence)


def _usefulness(asked: tuple[BreathingAnswer, int]) -> tuple[bool, int]:
    found, size = asked
    return found.reason not in {"short", "irregular sampling"}, size


def _none(reason: str) -> BreathingAnswer:
    return BreathingAnswer(bpm=None, confidence=0.0, interval_bpm=None, reason=reason)


def _of_lane(readings: Sequence[BreathingReading], limits: AnswerLimits) -> BreathingAnswer:
    spans = [_span_s(reading) for reading in readings]
    full = [r for r, s in zip(readings, spans, strict=True) if s >= limits.nearly * max(spans)]
    claims = [reading for reading in full if reading.bpm is not None]
    if not claims or len(claims) < limits.claiming * len(full):
        return _none(_commonest(full))
    rates = np.array([reading.bpm for reading in claims], dtype=np.float64)
    near = np.abs(rates - np.median(rates)) <= limits.together_bpm
    if near.mean() < limits.alike:
        return _none("weak")
    chosen = [reading for reading, keep in zip(claims, near.tolist(), strict=True) if keep]
    return _joined(chosen, rates[near], share=float(near.mean()))


def _joined(chosen: list[BreathingReading], rates: np.ndarray, *, share: float) -> BreathingAnswer:
    bounds = np.array([reading.interval_bpm for reading in chosen], dtype=np.float64)
    bpm = float(np.median(rates))
    return BreathingAnswer(
        bpm=round(bpm, 2),
        confidence=round(share * float(np.mean([r.confidence for r in chosen])), 3),
        interval_bpm=(
            round(min(float(np.median(bounds[:, 0])), float(np.quantile(rates, 0.1))), 2),
            round(max(float(np.median(bounds[:, 1])), float(np.quantile(rates, 0.9))), 2),
        ),
        reason=None,
    )


def _span_s(reading: BreathingReading) -> float:
    span = reading.numbers.get("span_s")
    return float(span) if isinstance(span, int | float) else 0.0


def _commonest(readings: Sequence[BreathingReading]) -> str:
    """The most frequent reason; readings that claim say that the evidence was weak."""
    reasons = Counter(reading.reason or "weak" for reading in readings)
    return reasons.most_common(1)[0][0]
