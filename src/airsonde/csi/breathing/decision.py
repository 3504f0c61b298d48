"""What may be claimed of a stretch: a rate, or why not."""

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from airsonde.csi.breathing.evidence import Evidence, evidence
from airsonde.csi.breathing.spectra import STEP_S
from airsonde.csi.breathing.streams import Streams, flutter, streams
from airsonde.csi.breathing.stretch import StretchLimits, measured, quiet_segments
from airsonde.csi.events import Numbers
from airsonde.csi.model import F32, I64

Reason = Literal["moving", "weak", "short", "irregular sampling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreathingLimits:
    """Fixed on the development recordings together, for all radios alike.

    `contrast` is asked of six cycles or more, of fewer by (6 / cycles) ** `few_cycles` more. A
    room that drifts makes a few cycles by chance: fewer than `slow_cycles` need a larger share,
    and next to no drift beside them.

    `restless` is the standard deviation of a half band's normalised amplitude above 0.8 Hz,
    `flutter` that among the frames of 0.2 s. Energy above 0.8 Hz that is not white by `colour_db`
    is movement too, unless one rate explains `plain_share` of all: then it is its overtones.
    """

    stretch: StretchLimits = field(default_factory=StretchLimits)
    shortest_s: float = 25.0
    least_measured: float = 0.7
    least_quiet: float = 0.6
    restless: float = 0.04
    flutter: float = 0.02
    colour_db: float = 3.0
    plain_share: float = 0.75
    contrast: float = 4.4
    few_cycles: float = 1.35
    fewest_cycles: float = 2.6
    steepness: float = 6.0
    share: float = 0.3
    slow_cycles: float = 4.75
    slow_share: float = 0.5
    drift_db: float = 4.0
    agreement: float = 0.55
    lasting: float = 0.6
    lower_edge: float = 0.6
    claim: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Of one stretch: a rate with its interval, or a reason; `confidence` of being within 1 bpm."""

    bpm: float | None
    confidence: float
    interval_bpm: tuple[float, float] | None
    reason: Reason | None
    span_s: float
    numbers: Numbers


_NOTHING: Final[Numbers] = {}


def estimate(history: F32, count: I64, chains: int, limits: BreathingLimits) -> Estimate:
    """From n rows of shapes every 0.2 s, each the mean of int64[n] frames."""
    real = count > 0
    span_s = len(real) * STEP_S
    kept = measured(real, limits.stretch)
    if span_s < limits.shortest_s or np.count_nonzero(real) < limits.shortest_s:
        return without("short", span_s)
    if kept.mean() < limits.least_measured:
        return without("irregular sampling", span_s)
    fluttering = flutter(history, count, chains)
    if fluttering > limits.flutter:
        return without("moving", span_s, {"flutter": fluttering})
    series = streams(history, real, chains)
    segments = quiet_segments(series.rows, real, limits.stretch)
    quiet_s = STEP_S * sum(segment.stop - segment.start for segment in segments)
    if quiet_s < max(limits.least_quiet * span_s, limits.shortest_s * 0.8):
        return without("moving", span_s)
    restless = _restlessness(series, segments)
    if restless > limits.restless:
        return without("moving", span_s, {"restless": restless})
    return _judged(evidence(series, segments), restless, span_s, limits)


def without(reason: Reason, span_s: float, numbers: Numbers = _NOTHING) -> Estimate:
    """No rate, and why."""
    return Estimate(
        bpm=None, confidence=0.0, interval_bpm=None, reason=reason, span_s=span_s, numbers=numbers
    )


def _restlessness(series: Streams, segments: list[slice]) -> float:
    """Standard deviation above 0.8 Hz of the level of a half band, mean over antennas."""
    change = np.concatenate([np.diff(series.levels[s], n=2, axis=0) for s in segments])
    return float(np.sqrt(np.square(change).mean() / 6))


def _judged(found: Evidence, restless: float, span_s: float, limits: BreathingLimits) -> Estimate:
    confidence = confidence_of(found, limits)
    numbers: Numbers = {
        "rate_bpm": found.rate_bpm,
        "share": found.share,
        "contrast": found.contrast,
        "agreement": found.agreement,
        "lasting": found.lasting,
        "cycles": found.cycles,
        "colour_db": found.colour_db,
        "drift_db": found.drift_db,
        "restless": restless,
    }
    moving = found.colour_db > limits.colour_db and found.share < limits.plain_share
    if moving or confidence < limits.claim:
        return without("moving" if moving else "weak", span_s, numbers)
    half = max(0.4 * found.resolution_bpm, 1.2 * found.spread_bpm)
    return Estimate(
        bpm=found.rate_bpm,
        confidence=confidence,
        interval_bpm=(found.rate_bpm - half, found.rate_bpm + half),
        reason=None,
        span_s=span_s,
        numbers=numbers,
    )


def confidence_of(found: Evidence, limits: BreathingLimits) -> float:
    """Probability that the rate is right to 1 bpm; 0 where a gate is closed.

    A logistic function of ln(contrast / what so few cycles ask).
    """
    slow = found.cycles < limits.slow_cycles
    shut = (
        found.share < (limits.slow_share if slow else limits.share)
        or found.agreement < limits.agreement
        or found.lasting < limits.lasting
        or found.lower_edge > limits.lower_edge
        or found.cycles < limits.fewest_cycles
        or (slow and found.drift_db > limits.drift_db)
    )
    if shut:
        return 0.0
    few = max(1.0, 6.0 / found.cycles) ** limits.few_cycles
    margin = found.contrast / (limits.contrast * few)
    return float(1 / (1 + margin**-limits.steepness))
