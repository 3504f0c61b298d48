"""Say when a room's static channel is no longer what it was: furniture, a moved radio, a door.

Drift is the RMS difference of the mean relative amplitude of the last still seconds and that of
the baseline, over the RMS of the baseline: scale-free, 0 where nothing changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from airsonde.csi.events import EventKind, Finding, MotionReading, Window
from airsonde.csi.model import F32


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLimits:
    """When a change is one, and how long it must last. Seconds count still windows only."""

    learn_s: float = 10.0
    smooth_s: float = 3.0
    changed: float = 0.15
    changed_after_s: float = 10.0
    anomalous: float = 0.4
    anomalous_after_s: float = 2.0
    follow: float = 0.002  # of the difference, a window, while nothing is said


class DriftDetector:
    """BaselineChanged when the room stays different, AnomalyDetected when it is very different.

    The baseline is given, float32[T] over the lane's tones, or learnt from the first still
    seconds; it follows slow change, and a change that was announced is the next baseline. With a
    given baseline a change also asks for a calibration. While something moves, or that cannot
    be told, nothing is learnt and nothing is said: the mean of a moving channel is not the room.
    """

    def __init__(self, baseline: F32 | None = None, limits: DriftLimits | None = None) -> None:
        self._limits = limits or DriftLimits()
        self._given = baseline is not None
        self._baseline = baseline
        self._learning: list[F32] = []
        self._learnt_s = 0.0
        self._now: F32 | None = None
        self._until_ns = 0
        self._apart: list[int] = []
        self._apart_s = 0.0
        self._far_s = 0.0
        self._told = False

    def step(self, window: Window, motion: MotionReading) -> Sequence[Finding]:
        """Take the next window; one that overlaps the one taken before adds nothing."""
        set_back = window.end_ns < self._until_ns
        if window.start_ns < self._until_ns and not set_back:
            return ()
        if motion.moving is not False or not len(window.tones):
            return ()
        self._until_ns = window.end_ns
        profile = np.asarray(window.amplitude.mean(axis=0), np.float32)
        span_s = (window.end_ns - window.start_ns) / 1e9
        if self._baseline is None or len(self._baseline) != len(profile):
            self._learn(profile, span_s)
            return ()
        self._smooth(profile, span_s)
        return self._compare(window, span_s)

    def _learn(self, profile: F32, span_s: float) -> None:
        self._learning.append(profile)
        self._learnt_s += span_s
        if self._learnt_s >= self._limits.learn_s:
            self._baseline = np.asarray(np.mean(self._learning, axis=0), np.float32)
            self._now, self._learning, self._learnt_s = None, [], 0.0

    def _smooth(self, profile: F32, span_s: float) -> None:
        weight = np.float32(min(1.0, span_s / self._limits.smooth_s))
        self._now = profile if self._now is None else self._now + weight * (profile - self._now)

    def _compare(self, window: Window, span_s: float) -> Sequence[Finding]:
        limits, now, known = self._limits, self._now, self._baseline
        assert now is not None  # noqa: S101
        assert known is not None  # noqa: S101
        drift = float(np.sqrt(np.mean((now - known) ** 2) / max(np.mean(known**2), 1e-12)))
        if drift <= limits.changed:
            self._apart, self._apart_s, self._far_s, self._told = [], 0.0, 0.0, False
            self._baseline = known + np.float32(limits.follow) * (now - known)
            return ()
        self._apart = [*self._apart[-63:], window.window_id]
        self._apart_s += span_s
        self._far_s = self._far_s + span_s if drift > limits.anomalous else 0.0
        return self._say(window, drift)

    def _say(self, window: Window, drift: float) -> Sequence[Finding]:
        limits, kinds = self._limits, []
        if self._far_s >= limits.anomalous_after_s and not self._told:
            self._told = True
            kinds.append((EventKind.ANOMALY_DETECTED, drift / (2 * limits.anomalous)))
        evidence = tuple(self._apart)
        if self._apart_s >= limits.changed_after_s:
            kinds.append((EventKind.BASELINE_CHANGED, drift / (2 * limits.changed)))
            if self._given:
                kinds.append((EventKind.CALIBRATION_REQUIRED, drift / (2 * limits.changed)))
            self._baseline, self._given = self._now, False
            self._apart, self._apart_s, self._far_s, self._told = [], 0.0, 0.0, False
        return [
            Finding(
                kind=kind,
                t_ns=window.end_ns,
                confidence=min(confidence, 1.0),
                evidence=evidence,
                numbers={"drift": round(drift, 6), "threshold": limits.changed},
            )
            for kind, confidence in kinds
        ]
