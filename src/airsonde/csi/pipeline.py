"""The default preset: frames in, windows, readings and events out.

    frames → windowing → motion → breathing → presence → events
                       → drift, quality ↗

What comes out does not depend on how the stream was cut or how fast it was fed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from airsonde.csi.calibration import Calibration
from airsonde.csi.detectors.breathing import BreathingDetector
from airsonde.csi.detectors.drift import DriftDetector
from airsonde.csi.detectors.fit import FitDetector
from airsonde.csi.detectors.motion import MotionDetector
from airsonde.csi.detectors.presence import PresenceDetector
from airsonde.csi.detectors.quality import QualityDetector
from airsonde.csi.events import (
    BreathingReading,
    Event,
    EventKind,
    Finding,
    MotionReading,
    PresenceReading,
    Window,
)
from airsonde.csi.fusion import RoomMotion
from airsonde.csi.model import FrameBatch, Lane
from airsonde.csi.transitions import BreathingChanges, MotionChanges, PresenceChanges
from airsonde.csi.validate import Validator
from airsonde.csi.windowing import Seen, Silence, Windowing
from airsonde.csi.windows import WindowShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One window and everything that is read from it."""

    window: Window
    motion: MotionReading
    room_motion: MotionReading
    breathing: BreathingReading | None
    presence: PresenceReading


@dataclass(frozen=True, slots=True)
class Findings:
    """What a block of frames led to, each in order.

    At the end of a stream `last_breaths` holds one more look at each lane, by its number.
    """

    looks: list[Look] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    last_breaths: dict[int, BreathingReading] = field(default_factory=dict)


class _LaneDetectors:
    """What is remembered of one lane."""

    def __init__(self, lane: Lane, calibration: Calibration | None) -> None:
        known = calibration.lane(lane) if calibration else None
        self.calibrated = known is not None
        self.motion = MotionDetector(baseline=known.motion if known else None)
        self.breathing = BreathingDetector()
        self.drift = DriftDetector(known.profile if known else None)
        self.quality = QualityDetector()
        self.breathes = BreathingChanges()


class Pipeline:
    """Everything that is concluded from one source."""

    def __init__(
        self,
        source: str,
        *,
        shape: WindowShape | None = None,
        validator: Validator | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.source = source
        self.windowing = Windowing(shape, validator)
        self._calibration = calibration
        self._lanes: dict[int, _LaneDetectors] = {}
        self._room = RoomMotion()
        self._presence = PresenceDetector(empty=calibration.profile if calibration else None)
        self._fit = FitDetector()
        self._moves = MotionChanges()
        self._there = PresenceChanges()
        self._made = 0
        self._last_lane = 0

    def feed(self, batches: Sequence[FrameBatch]) -> Findings:
        """Take the batches of one block; their frames are ordered by `index`."""
        return self._concluded(self.windowing.feed(batches))

    def advance(self, t_ns: int) -> Findings:
        """Conclude what passing time alone tells, by the source's clock."""
        return self._concluded(self.windowing.advance(t_ns))

    def flush(self) -> Findings:
        """Conclude from what is left at the end of the stream."""
        findings = self._concluded(self.windowing.flush())
        for number, lane in self._lanes.items():
            if (reading := lane.breathing.conclude()) is not None:
                findings.last_breaths[number] = reading
        return findings

    def _concluded(self, seen: Sequence[Seen]) -> Findings:
        findings = Findings()
        for one in seen:
            if isinstance(one, Silence):
                findings.events.append(self._silent(one))
            else:
                self._look(one, findings)
        return findings

    def _look(self, window: Window, findings: Findings) -> None:
        """Ask every detector about one window, in an order that never changes."""
        lane = self._lane(window.lane)
        motion = lane.motion.step(window)
        room = self._room.step(window, motion)
        breathing = lane.breathing.step(window, motion)
        presence = self._presence.step(window, room, breathing)
        look = Look(
            window=window,
            motion=motion,
            room_motion=room,
            breathing=breathing,
            presence=presence,
        )
        findings.looks.append(look)
        said = [*self._moves.step(room), *self._there.step(presence)]
        if breathing is not None:
            said += lane.breathes.step(breathing)
        said += [*lane.drift.step(window, motion), *lane.quality.step(window)]
        if self._calibration is not None:
            said += self._fit.step(window, known=lane.calibrated)
        findings.events.extend(self._event(finding, window.lane.number) for finding in said)
        self._last_lane = window.lane.number

    def _lane(self, lane: Lane) -> _LaneDetectors:
        detectors = self._lanes.get(lane.number)
        if detectors is None:
            detectors = self._lanes[lane.number] = _LaneDetectors(lane, self._calibration)
        return detectors

    def _silent(self, silence: Silence) -> Event:
        finding = Finding(
            kind=EventKind.DEVICE_DISCONNECTED,
            t_ns=silence.t_ns,
            confidence=1.0,
            evidence=(silence.window_id,),
            numbers={
                "silent_s": (silence.t_ns - silence.last_ns) / 1e9,
                "last_frame_ns": silence.last_ns,
            },
        )
        return self._event(finding, self._last_lane)

    def _event(self, finding: Finding, lane: int) -> Event:
        number, self._made = self._made, self._made + 1
        return Event(
            event_id=number,
            kind=finding.kind,
            source=self.source,
            lane=lane,
            t_ns=finding.t_ns,
            confidence=finding.confidence,
            evidence=finding.evidence,
            calibration=self._calibration.version if self._calibration else None,
            numbers=finding.numbers,
        )
