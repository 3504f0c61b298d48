"""Say when a calibration does not know what is being measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.csi.events import EventKind, Finding, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class FitLimits:
    """How many windows of lanes it does not know, and none of one it knows, are too many."""

    windows: int = 20


class FitDetector:
    """CalibrationRequired once, where no lane of the source is one that was calibrated."""

    def __init__(self, limits: FitLimits | None = None) -> None:
        self._limits = limits or FitLimits()
        self._unknown: list[int] = []
        self._settled = False

    def step(self, window: Window, *, known: bool) -> Sequence[Finding]:
        """Take a window, and whether the calibration knows its lane."""
        if self._settled:
            return ()
        self._settled = known
        self._unknown.append(window.window_id)
        if known or len(self._unknown) < self._limits.windows:
            return ()
        self._settled = True
        return [
            Finding(
                kind=EventKind.CALIBRATION_REQUIRED,
                t_ns=window.end_ns,
                confidence=1.0,
                evidence=tuple(self._unknown),
                numbers={"reason": "no lane of this source was calibrated"},
            )
        ]
