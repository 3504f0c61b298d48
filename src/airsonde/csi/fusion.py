"""One answer for a room out of what the lanes of its source say."""

from collections import deque
from dataclasses import dataclass, replace

from airsonde.csi.events import MotionReading, Window

_FRESH_NS = 1_500_000_000
_MEMORY_NS = 60_000_000_000
_MOST = 1024


@dataclass(frozen=True, slots=True)
class _Said:
    frames: int
    reading: MotionReading


class RoomMotion:
    """Something moves in the room where it moves in any lane that was heard just before.

    Only lanes with at least half as many frames as the richest are heard: the others know less. Of
    those the one that stands furthest above its threshold speaks. The windows of a sparse lane come
    late, when those of the others are long past: they are answered with what was known then.
    """

    def __init__(self) -> None:
        self._lanes: dict[int, deque[_Said]] = {}

    def step(self, window: Window, motion: MotionReading) -> MotionReading:
        """Take what one lane says; the answer carries the number and time of that window."""
        said = self._lanes.setdefault(window.lane.number, deque(maxlen=_MOST))
        if said and motion.t_ns < said[-1].reading.t_ns:
            said.clear()
        if motion.moving is not None:
            said.append(_Said(len(window.frames), motion))
        while said and said[0].reading.t_ns < motion.t_ns - _MEMORY_NS:
            said.popleft()
        known = [s for lane in self._lanes.values() if (s := _at(lane, motion.t_ns)) is not None]
        if not known:
            return motion
        most = max(said.frames for said in known)
        foremost = max((s.reading for s in known if 2 * s.frames >= most), key=_ratio)
        return replace(foremost, t_ns=motion.t_ns, window_id=motion.window_id)


def _at(said: deque[_Said], t_ns: int) -> _Said | None:
    """What a lane said last at that time, if that was just before."""
    for one in reversed(said):
        if one.reading.t_ns <= t_ns:
            return one if t_ns - one.reading.t_ns <= _FRESH_NS else None
    return None


def _ratio(reading: MotionReading) -> float:
    return (reading.score or 0.0) / (reading.threshold or 1.0)
