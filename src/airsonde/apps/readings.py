"""One answer of one kind from a whole capture."""

from collections.abc import Iterable

from airsonde.csi.events import MotionReading
from airsonde.csi.pipeline import Look


def motion_of(looks: Iterable[Look]) -> list[MotionReading]:
    """The room's motion, one reading an instant: the last word of all lanes."""
    by_end = {look.window.end_ns: look.room_motion for look in looks}
    return list(by_end.values())


def breathing_of(blocks: object) -> object:
    return None


def presence_of(looks: Iterable[Look]) -> PresenceReading:
    return [look.presence for look in looks][-1]
