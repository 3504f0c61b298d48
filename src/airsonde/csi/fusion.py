"""One answer for a room out of what the lanes of its source say."""

from collections import deque
from dataclasses import replace

from airsonde.csi.events import MotionReading, Window

_FRESH_NS = 1_500_000_000
_MEMORY_NS = 60_000_000_000
_MOST = 1024


class RoomMotion:
    """Something moves in the room where it moves in any lane that was heard just before.

    A lane of few frames says nothing and takes nothing back; of the others the one that stands
    furthest above its threshold speaks. The windows of a sparse lane come late, when those of the
    others are long past: they are answered with what was known for their time.
    """

    def __init__(self) -> None:
        self._lanes: dict[int, deque[MotionReading]] = {}

    def step(self, window: Window, motion: MotionReading) -> MotionReading:
        """Take what one lane says; the answer carries the number and time of that window."""
        said = self._lanes.setdefault(window.lane.number, deque(maxlen=_MOST))
        if said and motion.t_ns < said[-1].t_ns:
            said.clear()
        if motion.moving is not None:
            said.append(motion)
        while said and said[0].t_ns < motion.t_ns - _MEMORY_NS:
            said.popleft()
        known = [r for lane in self._lanes.values() if (r := _at(lane, motion.t_ns)) is not None]
        if not known:
            return motion
        foremost = max(known, key=_ratio)
        return replace(foremost, t_ns=motion.t_ns, window_id=motion.window_id)


def _at(said: deque[MotionReading], t_ns: int) -> MotionReading | None:
    """What a lane said last at that time, if that was just before."""
    for reading in reversed(said):
        if reading.t_ns <= t_ns:
            return reading if t_ns - reading.t_ns <= _FRESH_NS else None
    return None


def _ratio(reading: MotionReading) -> float:
    return (reading.score or 0.0) / (reading.threshold or 1.0)
