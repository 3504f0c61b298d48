"""Provisional."""
from airsonde.csi.events import BreathingReading, MotionReading, Occupancy, PresenceReading, Window

class PresenceDetector:
    def __init__(self, *, calibrated: bool = False) -> None:
        self.calibrated = calibrated

    def step(self, window: Window, motion: MotionReading, breathing: BreathingReading | None) -> PresenceReading:
        verdict = Occupancy.MOVING if motion.moving else Occupancy.UNKNOWN
        return PresenceReading(t_ns=window.end_ns, verdict=verdict, confidence=motion.probability, reason="motion" if motion.moving else "nothing moves", evidence=(window.window_id,))
