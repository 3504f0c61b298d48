"""Turn readings into events: a state changes late enough to be sure and seldom enough to matter."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.csi.events import (
    BreathingReading,
    EventKind,
    Finding,
    MotionReading,
    Occupancy,
    PresenceReading,
)

_MOST_EVIDENCE = 64
_THERE = {
    Occupancy.MOVING: True,
    Occupancy.OCCUPIED: True,
    Occupancy.EMPTY: False,
    Occupancy.UNKNOWN: None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionLimits:
    """How long a reading must hold before it is a change, and how long a change must stand."""

    rise_s: float = 0.5
    fall_s: float = 4.0
    stand_s: float = 5.0
    forget_s: float = 30.0
    breathing_change_bpm: float = 3.0
    breathing_gone_s: float = 15.0


@dataclass(slots=True)
class Switch:
    """A state that turns when its opposite has been read for long enough; None reads nothing.

    `stand_s` is the least time between two changes.
    """

    rise_s: float
    fall_s: float
    stand_s: float
    on: bool = False
    _since_ns: int | None = None
    _changed_ns: int | None = None
    _evidence: tuple[int, ...] = ()

    def turned(self, t_ns: int, *, read: bool | None, evidence: tuple[int, ...]) -> bool:
        """Whether the state changes at `t_ns`; `evidence` then holds what made it change."""
        if read is None:
            return False
        if read is self.on:
            self._since_ns, self._evidence = None, ()
            return False
        if self._since_ns is None or t_ns < self._since_ns:
            self._since_ns, self._evidence = t_ns, ()
        self._evidence = tuple(dict.fromkeys((*self._evidence, *evidence)))[-_MOST_EVIDENCE:]
        if t_ns - self._since_ns < (self.fall_s if self.on else self.rise_s) * 1e9:
            return False
        if self._changed_ns is not None and 0 <= t_ns - self._changed_ns < self.stand_s * 1e9:
            return False
        self.on, self._changed_ns, self._since_ns = not self.on, t_ns, None
        return True

    @property
    def evidence(self) -> tuple[int, ...]:
        return self._evidence


def _switch(limits: TransitionLimits) -> Switch:
    return Switch(limits.rise_s, limits.fall_s, limits.stand_s)


class MotionChanges:
    """MotionDetected and MotionSettled."""

    def __init__(self, limits: TransitionLimits | None = None) -> None:
        self._state = _switch(limits or TransitionLimits())

    def step(self, reading: MotionReading) -> Sequence[Finding]:
        state = self._state
        if not state.turned(reading.t_ns, read=reading.moving, evidence=(reading.window_id,)):
            return ()
        probability = reading.probability if state.on else 1 - reading.probability
        return [
            Finding(
                kind=EventKind.MOTION_DETECTED if state.on else EventKind.MOTION_SETTLED,
                t_ns=reading.t_ns,
                confidence=probability,
                evidence=state.evidence,
                numbers={"score": reading.score, "threshold": reading.threshold},
            )
        ]


class PresenceChanges:
    """PresenceStarted and PresenceEnded.

    An unknown room changes nothing at first; presence of which nothing was seen for half a minute
    has ended as far as anybody can tell, at even odds.
    """

    def __init__(self, limits: TransitionLimits | None = None) -> None:
        self._limits = limits or TransitionLimits()
        self._state = _switch(self._limits)
        self._seen_ns = 0

    def step(self, reading: PresenceReading) -> Sequence[Finding]:
        there = _THERE[reading.verdict]
        if there or reading.t_ns < self._seen_ns:
            self._seen_ns = reading.t_ns
        forgotten = there is None and self._forgotten(reading.t_ns)
        read = False if forgotten else there
        if not self._state.turned(reading.t_ns, read=read, evidence=reading.evidence):
            return ()
        return [
            Finding(
                kind=EventKind.PRESENCE_STARTED if self._state.on else EventKind.PRESENCE_ENDED,
                t_ns=reading.t_ns,
                confidence=0.5 if forgotten else reading.confidence,
                evidence=self._state.evidence,
                numbers={
                    "verdict": reading.verdict.value,
                    "reason": reading.reason,
                    "unseen_s": round((reading.t_ns - self._seen_ns) / 1e9, 3),
                },
            )
        ]

    def _forgotten(self, t_ns: int) -> bool:
        return self._state.on and t_ns - self._seen_ns >= self._limits.forget_s * 1e9


class BreathingChanges:
    """BreathingCandidate when a rate appears and when it has become another."""

    def __init__(self, limits: TransitionLimits | None = None) -> None:
        self._limits = limits or TransitionLimits()
        self._bpm: float | None = None
        self._last_ns = 0

    def step(self, reading: BreathingReading) -> Sequence[Finding]:
        if reading.bpm is None:
            if reading.t_ns - self._last_ns > self._limits.breathing_gone_s * 1e9:
                self._bpm = None
            return ()
        self._last_ns = reading.t_ns
        known = self._bpm
        if known is not None and abs(reading.bpm - known) < self._limits.breathing_change_bpm:
            return ()
        self._bpm = reading.bpm
        low, high = reading.interval_bpm or (None, None)
        numbers = {"bpm": reading.bpm, "low_bpm": low, "high_bpm": high, **reading.numbers}
        return [
            Finding(
                kind=EventKind.BREATHING_CANDIDATE,
                t_ns=reading.t_ns,
                confidence=reading.confidence,
                evidence=reading.evidence,
                numbers=numbers,
            )
        ]
