"""Say when a lane is measured too badly to conclude anything, and when it stays so."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from airsonde.csi.events import EventKind, Finding, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLimits:
    """When a window counts as bad, and how many in a row it takes."""

    low_quality: float = 0.4
    good_quality: float = 0.5
    most_rejected: float = 0.5  # of all frames that came
    least_rate: float = 0.25  # of the median of the windows before
    remembered: int = 60
    dropped_after: int = 3
    calibrate_after: int = 20
    good_after: int = 10


class QualityDetector:
    """SignalQualityDropped after a few bad windows, CalibrationRequired after many, once a spell.

    A window is bad whose mean frame quality is low, most of whose frames were refused, or that
    holds far fewer frames than those before it. A spell ends with ten good windows in a row.
    """

    def __init__(self, limits: QualityLimits | None = None) -> None:
        self._limits = limits or QualityLimits()
        self._counts: deque[int] = deque(maxlen=self._limits.remembered)
        self._bad: list[int] = []
        self._spell = 0
        self._good = 0

    def step(self, window: Window) -> Sequence[Finding]:
        limits, frames = self._limits, len(window.frames)
        usual = median(self._counts) if self._counts else float(frames)
        refused = window.rejected / (window.rejected + frames)
        low = limits.good_quality if self._spell else limits.low_quality
        sparse = frames < limits.least_rate * usual
        if not (window.quality < low or refused > limits.most_rejected or sparse):
            self._counts.append(frames)
            self._good += 1
            if self._good >= limits.good_after:
                self._spell, self._bad = 0, []
            return ()
        self._spell, self._good = self._spell + 1, 0
        self._bad = [*self._bad[1 - limits.calibrate_after :], window.window_id]
        kind = self._kind()
        if kind is None:
            return ()
        numbers = {
            "quality": round(window.quality, 6),
            "refused_share": round(refused, 6),
            "frames": frames,
            "usual_frames": usual,
            "bad_windows": self._spell,
        }
        share = max(1 - window.quality, refused, 1 - frames / usual)
        return [
            Finding(
                kind=kind,
                t_ns=window.end_ns,
                confidence=min(share, 1.0),
                evidence=tuple(self._bad),
                numbers=numbers,
            )
        ]

    def _kind(self) -> EventKind | None:
        if self._spell == self._limits.dropped_after:
            return EventKind.SIGNAL_QUALITY_DROPPED
        if self._spell == self._limits.calibrate_after:
            return EventKind.CALIBRATION_REQUIRED
        return None
