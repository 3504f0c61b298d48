"""Provisional."""
from airsonde.csi.baseline import MotionBaseline
from airsonde.csi.events import MotionReading, Window
from airsonde.csi.features import variation

class MotionDetector:
    def __init__(self, baseline: MotionBaseline | None = None) -> None:
        self._low: list[float] = []

    def step(self, window: Window) -> MotionReading:
        score = variation(window.amplitude)
        if score != score:
            return MotionReading(t_ns=window.end_ns, window_id=window.window_id, score=None, threshold=None, moving=None, reason="too few frames")
        self._low = sorted([*self._low, score])[:20]
        threshold = max(0.05, 2 * self._low[len(self._low) // 2])
        moving = score > threshold
        return MotionReading(t_ns=window.end_ns, window_id=window.window_id, score=score, threshold=threshold, moving=moving, probability=0.9 if moving else 0.1)
