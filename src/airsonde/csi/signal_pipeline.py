"""Signal strength in, readings and events out; of what it cannot tell it says nothing."""

from dataclasses import dataclass, field, replace

from airsonde.csi.detectors.signal import SignalDetector
from airsonde.csi.events import Event, MotionReading, Occupancy, PresenceReading
from airsonde.csi.signal import BASIS, SignalLook, SignalSample
from airsonde.csi.transitions import MotionChanges


@dataclass(frozen=True, slots=True)
class SignalFindings:
    """What one sample led to."""

    looks: list[SignalLook] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class SignalPipeline:
    """Everything that is concluded from the signal strength of one source.

    There are no windows, so `evidence` numbers readings; MotionSettled says that the signal is
    steady again, at even odds.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._detector = SignalDetector()
        self._moves = MotionChanges()
        self._samples = 0
        self._made = 0

    def feed(self, sample: SignalSample) -> SignalFindings:
        """Take one sample."""
        self._samples += 1
        motion = self._detector.step(sample)
        if motion is None:
            return SignalFindings()
        look = SignalLook(motion=motion, presence=_presence(motion), samples=self._samples)
        self._samples = 0
        return SignalFindings([look], self._events(motion))

    def _events(self, motion: MotionReading) -> list[Event]:
        events = []
        for finding in self._moves.step(replace(motion, moving=bool(motion.moving))):
            number, self._made = self._made, self._made + 1
            events.append(
                Event(
                    event_id=number,
                    kind=finding.kind,
                    source=self._source,
                    lane=0,
                    t_ns=finding.t_ns,
                    confidence=finding.confidence,
                    evidence=finding.evidence,
                    calibration=None,
                    numbers={**finding.numbers, "basis": BASIS},
                )
            )
        return events


def _presence(motion: MotionReading) -> PresenceReading:
    moving = bool(motion.moving)
    return PresenceReading(
        t_ns=motion.t_ns,
        verdict=Occupancy.MOVING if moving else Occupancy.UNKNOWN,
        confidence=motion.probability,
        reason=f"{BASIS}: {motion.reason or 'it varies'}",
    )
