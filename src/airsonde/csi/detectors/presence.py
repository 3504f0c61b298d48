"""Says whether somebody is in the room, as far as movement, breath and a known empty room tell.

Neither variance nor level is evidence: they tell recordings apart, not people.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from airsonde.csi.events import (
    BreathingReading,
    MotionReading,
    Occupancy,
    PresenceReading,
    Window,
)
from airsonde.csi.likeness import Likeness
from airsonde.csi.model import F32, Lane

EmptyProfile: TypeAlias = Callable[[Lane], F32 | None]
_Said: TypeAlias = tuple[Occupancy, float, str]
_BREATH = "breath"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceLimits:
    """What counts as evidence, and how long.

    | field | |
    |---|---|
    | breath_confidence | least confidence of a rate that is somebody |
    | sustained_s | movement that is remembered lasted at least so long |
    | memory_s | for how long it is remembered, and a breath |
    | same_s | without movement, over which the room is held against the empty one |
    | same | RMS distance of the mean amplitudes, relative, up to which it is the same |
    | empty_confidence | of that: somebody may sit where no ray passes |
    """

    breath_confidence: float = 0.6
    sustained_s: float = 1.0
    memory_s: float = 5.0
    same_s: float = 20.0
    same: float = 0.015
    empty_confidence: float = 0.8


class PresenceDetector:
    """A step over the windows of all lanes of one source.

    `empty` gives, for a lane, the mean relative amplitude of the empty room at the tones of its
    windows, float32[T], where the room was calibrated.
    """

    def __init__(
        self, limits: PresenceLimits | None = None, *, empty: EmptyProfile | None = None
    ) -> None:
        self._limits = limits or PresenceLimits()
        self._empty = empty
        self._since: tuple[int, float] | None = None  # when movement began, its surest moment
        self._moved: tuple[int, float] | None = None  # when lasting movement was last seen
        self._breath: tuple[int, BreathingReading] | None = None  # the last one claimed
        self._rooms: dict[int, Likeness] = {}
        self._last: dict[int, int] = {}  # by lane, the end of its last window

    def step(
        self, window: Window, motion: MotionReading, breathing: BreathingReading | None
    ) -> PresenceReading:
        """Read one window, with what is known of movement and breath at its end."""
        if self._is_next(window):
            self._forget(window.end_ns)
            self._remember(window.end_ns, motion, breathing)
        same = self._likeness(window, motion)
        verdict, confidence, reason = self._somebody(motion) or _nobody(
            motion, self._limits.empty_confidence, same=same
        )
        seen = self._breath[1].evidence if self._breath and reason == _BREATH else ()
        return PresenceReading(
            t_ns=window.end_ns,
            verdict=verdict,
            confidence=round(confidence, 6),
            reason=reason,
            evidence=tuple(dict.fromkeys((*seen, window.window_id))),
        )

    def _somebody(self, motion: MotionReading) -> _Said | None:
        if motion.moving:
            return Occupancy.MOVING, motion.probability, "movement"
        if self._breath is not None:
            return Occupancy.OCCUPIED, self._breath[1].confidence, _BREATH
        if self._moved is not None:
            return Occupancy.OCCUPIED, self._moved[1], "movement a moment ago"
        return None

    def _is_next(self, window: Window) -> bool:
        """False for the late windows of a sparse lane; a clock that was set back begins anew."""
        number, t_ns = window.lane.number, window.end_ns
        if t_ns < self._last.get(number, t_ns):
            self._last.clear()
            self._since = self._moved = self._breath = None
        late = bool(self._last) and t_ns < max(self._last.values())
        self._last[number] = t_ns
        return not late

    def _forget(self, t_ns: int) -> None:
        memory_ns = self._limits.memory_s * 1e9
        if self._moved and t_ns - self._moved[0] > memory_ns:
            self._moved = None
        if self._breath and t_ns - self._breath[0] > memory_ns:
            self._breath = None

    def _remember(
        self, t_ns: int, motion: MotionReading, breathing: BreathingReading | None
    ) -> None:
        claimed = breathing is not None and breathing.bpm is not None
        if breathing and claimed and breathing.confidence >= self._limits.breath_confidence:
            self._breath = t_ns, breathing
        if motion.moving is False:
            self._since = None
        if motion.moving:
            began_ns, surest = self._since or (t_ns, 0.0)
            self._since = began_ns, max(surest, motion.probability)
            if t_ns - began_ns >= self._limits.sustained_s * 1e9:
                self._moved = t_ns, self._since[1]

    def _likeness(self, window: Window, motion: MotionReading) -> bool | None:
        """Whether all lanes look as when the room was empty; None: not known of any."""
        number = window.lane.number
        if number not in self._rooms:
            profile = self._empty(window.lane) if self._empty else None
            limits = self._limits
            self._rooms[number] = Likeness(profile, length_s=limits.same_s, within=limits.same)
        self._rooms[number].step(window, moving=motion.moving)
        limit_ns = self._limits.same_s * 1e9
        near = [r.same for r in self._rooms.values() if abs(window.end_ns - r.t_ns) <= limit_ns]
        known = [same for same in near if same is not None]
        return all(known) if known else None


def _nobody(motion: MotionReading, sure: float, *, same: bool | None) -> _Said:
    """What is said where neither movement nor breath is seen."""
    if motion.moving is None:
        return Occupancy.UNKNOWN, 0.0, motion.reason or "movement cannot be told"
    if same:
        return Occupancy.EMPTY, sure, "as when it was empty"
    if same is None:
        return Occupancy.UNKNOWN, 0.0, "no movement, no breath: still and empty look alike"
    return Occupancy.UNKNOWN, 0.0, "not as when it was empty, but nobody is seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLimits:
    """Shares of a recording that decide what is said of the whole."""

    moving: float = 0.2
    occupied: float = 0.2
    empty: float = 0.5
    empty_moving: float = 0.05


def recording_verdict(
    readings: Sequence[PresenceReading], limits: RecordingLimits | None = None
) -> PresenceReading:
    """What is said of a whole recording; UNKNOWN unless enough of it says the same."""
    limits = limits or RecordingLimits()
    if not readings:
        return PresenceReading(
            t_ns=0, verdict=Occupancy.UNKNOWN, confidence=0.0, reason="too few frames"
        )
    counts = Counter(reading.verdict for reading in readings)
    verdict = _of_shares({v: counts[v] / len(readings) for v in Occupancy}, limits)
    agreeing = [reading for reading in readings if reading.verdict is verdict] or list(readings)
    reasons = Counter(reading.reason for reading in agreeing)
    confident = verdict is not Occupancy.UNKNOWN
    return PresenceReading(
        t_ns=readings[-1].t_ns,
        verdict=verdict,
        confidence=round(sum(r.confidence for r in agreeing) / len(agreeing), 6) * confident,
        reason=reasons.most_common(1)[0][0],
        evidence=tuple(n for reading in agreeing for n in reading.evidence[-1:]),
    )


def _of_shares(share: dict[Occupancy, float], limits: RecordingLimits) -> Occupancy:
    if share[Occupancy.MOVING] >= limits.moving:
        return Occupancy.MOVING
    if share[Occupancy.OCCUPIED] >= limits.occupied:
        return Occupancy.OCCUPIED
    rare = share[Occupancy.MOVING] <= limits.empty_moving
    if share[Occupancy.EMPTY] >= limits.empty and rare:
        return Occupancy.EMPTY
    return Occupancy.UNKNOWN
