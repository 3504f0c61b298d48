"""The reference's four detectors: each looks at one window after the other and says what changed.

Thresholds are absolute and the reference's own; only the drift is relative to a baseline.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import numpy as np

from airsonde.csi.events import EventKind
from airsonde.csi.model import F32
from airsonde.csi.reference.model import Window


class Finding(NamedTuple):
    """What a detector says of a window; confidence in 0..1."""

    kind: EventKind
    confidence: np.float32


class Detector(Protocol):
    """Remembers what it saw; two of them shown the same windows say the same."""

    def look(self, window: Window) -> list[Finding]: ...


@dataclass(slots=True)
class Switch:
    """On or off, turned by several windows in a row beyond a threshold."""

    on: bool = False
    streak: int = 0

    def turned(self, *, beyond: bool, needed: int) -> bool:
        """Whether this window is the last one needed to turn the switch."""
        self.streak = self.streak + 1 if beyond else 0
        if self.streak < needed:
            return False
        self.on, self.streak = not self.on, 0
        return True


@dataclass(slots=True)
class Presence:
    """Score at 0.7 or over for two windows: started; at 0.45 or under for three: ended."""

    _present: Switch = field(default_factory=Switch)

    def look(self, window: Window) -> list[Finding]:
        score = window.presence_score
        if not self._present.on:
            if self._present.turned(beyond=bool(score >= np.float32(0.7)), needed=2):
                return [Finding(EventKind.PRESENCE_STARTED, _unit(score))]
        elif self._present.turned(beyond=bool(score <= np.float32(0.45)), needed=3):
            return [Finding(EventKind.PRESENCE_ENDED, _unit(1 - score))]
        return []


@dataclass(slots=True)
class Motion:
    """Energy over 0.05 for two windows: detected; under 0.02 for two: settled."""

    _moving: Switch = field(default_factory=Switch)

    def look(self, window: Window) -> list[Finding]:
        energy = window.motion_energy
        confidence = _unit(energy / np.float32(0.1))
        if not self._moving.on:
            if self._moving.turned(beyond=bool(energy > np.float32(0.05)), needed=2):
                return [Finding(EventKind.MOTION_DETECTED, confidence)]
        elif self._moving.turned(beyond=bool(energy < np.float32(0.02)), needed=2):
            return [Finding(EventKind.MOTION_SETTLED, _unit(1 - confidence))]
        return []


@dataclass(slots=True)
class Quality:
    """Under 0.4 for two windows: dropped; for four: calibration required; each once a spell."""

    _streak: int = 0

    def look(self, window: Window) -> list[Finding]:
        low = window.quality_score < np.float32(0.4)
        self._streak = self._streak + 1 if low else 0
        kind = _AT_STREAK.get(self._streak)
        return [] if kind is None else [Finding(kind, _unit(1 - window.quality_score))]


_AT_STREAK: Final = {2: EventKind.SIGNAL_QUALITY_DROPPED, 4: EventKind.CALIBRATION_REQUIRED}


@dataclass(slots=True)
class BaselineDrift:
    """Drift of the mean amplitude from a baseline that follows slowly (a tenth a window).

    Over 1: anomaly. Over 0.15 for three windows: the baseline changed and is taken anew. The
    first window is the baseline, and so is the first of another size.
    """

    _baseline: F32 | None = None
    _streak: int = 0

    def look(self, window: Window) -> list[Finding]:
        now, known = window.mean_amplitude, self._baseline
        if known is None or len(known) != len(now):
            self._baseline, self._streak = now, 0
            return []
        drift = _drift(now, known)
        found = []
        if drift > 1:
            found.append(Finding(EventKind.ANOMALY_DETECTED, _unit(drift / 2)))
        self._streak = self._streak + 1 if drift > np.float32(0.15) else 0
        if self._streak >= 3:
            found.append(Finding(EventKind.BASELINE_CHANGED, _unit(drift / np.float32(0.3))))
            self._baseline, self._streak = now, 0
        else:
            self._baseline = np.float32(0.9) * known + np.float32(0.1) * now
        return found


def detectors() -> tuple[Detector, ...]:
    """Fresh ones, in the order in which the reference asks them."""
    return Presence(), Motion(), Quality(), BaselineDrift()


def _drift(now: F32, baseline: F32) -> np.float32:
    """RMS difference over the baseline's RMS; alone where that is 0.001 or less."""
    level, change = _rms(baseline), _rms(now - baseline)
    return change / level if level > np.float32(1e-3) else change


def _rms(values: F32) -> np.float32:
    """Summed in double precision; 0 of nothing."""
    return np.float32(np.sqrt(np.mean(values.astype(np.float64) ** 2)) if len(values) else 0)


def _unit(value: np.float32) -> np.float32:
    return np.float32(np.clip(value, 0, 1))
