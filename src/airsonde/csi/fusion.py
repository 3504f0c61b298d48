"""Provisional."""
from airsonde.csi.events import MotionReading, Window

class RoomMotion:
    def step(self, window: Window, motion: MotionReading) -> MotionReading:
        return motion
