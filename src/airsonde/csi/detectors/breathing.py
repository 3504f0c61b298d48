"""Provisional."""
from airsonde.csi.events import BreathingReading, MotionReading, Window

class BreathingDetector:
    def step(self, window: Window, motion: MotionReading | None) -> BreathingReading:
        return BreathingReading(t_ns=window.end_ns, bpm=None, confidence=0.0, reason="short")
