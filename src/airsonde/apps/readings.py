"""One answer of one kind from a whole capture."""

from collections.abc import Iterable

from airsonde.csi.breathing.answer import BreathingAnswer, answer
from airsonde.csi.detectors.presence import recording_verdict
from airsonde.csi.events import BreathingReading, MotionReading, PresenceReading
from airsonde.csi.pipeline import Findings, Look


def motion_of(looks: Iterable[Look]) -> list[MotionReading]:
    """The room's motion, one reading an instant: the last word of all lanes."""
    by_end = {look.window.end_ns: look.room_motion for look in looks}
    return list(by_end.values())


def breathing_of(findings: Iterable[Findings]) -> BreathingAnswer:
    """What the lanes say together of a whole capture."""
    lanes: dict[int, list[BreathingReading]] = {}
    for found in findings:
        for look in found.looks:
            if look.breathing is not None:
                lanes.setdefault(look.window.lane.number, []).append(look.breathing)
        for number, reading in found.last_breaths.items():
            lanes.setdefault(number, []).append(reading)
    return answer(list(lanes.values()))


def presence_of(looks: Iterable[Look]) -> PresenceReading:
    """What is said of the room over a whole capture."""
    return recording_verdict([look.presence for look in looks])
