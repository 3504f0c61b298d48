"""What is known of each room now, from all its sources that are heard."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.apps.agent.hub import Fields
from airsonde.apps.agent.provenance import least_real
from airsonde.apps.agent.source import Source, SourceState
from airsonde.apps.sensing_results import rounded
from airsonde.csi.events import BreathingReading, MotionReading, Occupancy, PresenceReading
from airsonde.csi.pipeline import Look
from airsonde.csi.signal import SignalLook


@dataclass(slots=True, kw_only=True)
class Reading:
    """The last word of one source; `quality` is None where there are no frames to have one."""

    presence: PresenceReading
    motion: MotionReading
    breathing: BreathingReading | None
    quality: float | None
    told_ns: int


class Rooms:
    """Remembers the last reading of every source."""

    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}

    def take(self, source: str, look: Look, told_ns: int) -> None:
        before = self._readings.get(source)
        self._readings[source] = Reading(
            presence=look.presence,
            motion=look.room_motion,
            breathing=look.breathing or (before.breathing if before else None),
            quality=look.window.quality,
            told_ns=told_ns,
        )

    def take_signal(self, source: str, look: SignalLook, told_ns: int) -> None:
        """What signal strength alone tells; it never tells of breath."""
        self._readings[source] = Reading(
            presence=look.presence,
            motion=look.motion,
            breathing=None,
            quality=None,
            told_ns=told_ns,
        )

    def forget(self, source: str) -> None:
        """Nothing said before counts any more."""
        self._readings.pop(source, None)

    def room(self, name: str, sources: Sequence[Source]) -> Fields:
        """What all sources of a room say together."""
        heard = [
            (source, reading)
            for source in sources
            if source.state is SourceState.HEARING and (reading := self._readings.get(source.name))
        ]
        head: Fields = {
            "room": name,
            "origin": least_real(s.provenance for s in sources).value,
            "source_ids": [s.name for s in sources],
        }
        return head | _said(heard)


def by_room(sources: Sequence[Source]) -> dict[str, list[Source]]:
    """Sources by their rooms, in the order in which they were configured."""
    rooms: dict[str, list[Source]] = {}
    for source in sources:
        rooms.setdefault(source.room, []).append(source)
    return rooms


def _said(heard: Sequence[tuple[Source, Reading]]) -> Fields:
    if not heard:
        return dict.fromkeys(_FIELDS) | {"presence": Occupancy.UNKNOWN.value, "stale": True}
    source, reading = _decisive(heard)
    presence, motion, breathing = reading.presence, reading.motion, reading.breathing
    return {
        "presence": presence.verdict.value,
        "confidence": rounded(presence.confidence),
        "reason": presence.reason,
        "moving": motion.moving,
        "motion_score": rounded(motion.score),
        "motion_threshold": rounded(motion.threshold),
        "quality_score": rounded(reading.quality),
        "breathing_bpm": rounded(breathing.bpm, 2) if breathing else None,
        "breathing_confidence": rounded(breathing.confidence, 3) if breathing else None,
        "breathing_reason": breathing.reason if breathing else None,
        "calibration_version": source.calibration.version if source.calibration else None,
        "t_ns": str(presence.t_ns),
        "told_ns": str(reading.told_ns),
        "stale": False,
    }


_FIELDS = (
    *("presence", "confidence", "reason", "moving", "motion_score", "motion_threshold"),
    "quality_score",
    *("breathing_bpm", "breathing_confidence", "breathing_reason", "calibration_version"),
    *("t_ns", "told_ns", "stale"),
)


def _decisive(heard: Sequence[tuple[Source, Reading]]) -> tuple[Source, Reading]:
    """Whose word holds: the surest of those who see somebody, else one who does not know.

    Where CSI is heard too, signal strength has no say: it never knows that nobody is there.
    """
    csi = [one for one in heard if one[1].quality is not None]

    def rank(one: tuple[Source, Reading]) -> tuple[int, float]:
        presence = one[1].presence
        match presence.verdict:
            case Occupancy.MOVING:
                return 3, presence.confidence
            case Occupancy.OCCUPIED:
                return 2, presence.confidence
            case Occupancy.UNKNOWN:
                return 1, presence.confidence
            case Occupancy.EMPTY:
                return 0, -presence.confidence

    return max(csi or heard, key=rank)
