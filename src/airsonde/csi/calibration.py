"""Learn what an empty room looks like, and say whether it may be relied upon.

A calibration holds, for every lane, the mean relative amplitude and how much it varies when nothing
moves. It is refused when the room moved, when the signal was bad, or when the room at the end was
not the room at the beginning; it is confirmed by a control with somebody in the room.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from airsonde.core.ids import mac_text
from airsonde.csi.baseline import MotionBaseline
from airsonde.csi.events import MotionReading, Window
from airsonde.csi.model import F32, Lane

_PARTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationLimits:
    """What a calibration needs. Seconds are those of the source's clock."""

    least_s: float = 20.0
    least_windows: int = 16
    least_quality: float = 0.4
    most_moving: float = 0.05  # share of the windows
    least_stability: float = 0.6
    apart: float = 0.15  # drift between parts of the recording at which stability is 0
    control_moving: float = 0.2  # least share of a control that must stand out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaneCalibration:
    """One lane of an empty room: `profile` is float32[T], mean relative amplitude."""

    key: str
    windows: int
    profile: F32
    motion: MotionBaseline


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What was learnt, from when to when, how steady it was.

    `control` is the share of a control recording in which somebody was seen to move; None: there
    was no control.
    """

    version: str
    room: str
    source: str
    first_ns: int
    last_ns: int
    stability: float
    lanes: tuple[LaneCalibration, ...]
    control: float | None = None

    @property
    def confirmed(self) -> bool:
        """Whether an occupied control was told from the empty room."""
        return self.control is not None

    def lane(self, lane: Lane) -> LaneCalibration | None:
        """What is known of a lane; None where it was not there or has other tones now."""
        return next((known for known in self.lanes if known.key == lane_key(lane)), None)

    def profile(self, lane: Lane) -> F32 | None:
        """Mean relative amplitude of the empty room, float32[T]; None where it is not known."""
        known = self.lane(lane)
        return None if known is None else known.profile


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no calibration, and what to do."""

    reason: str
    remedy: str


def lane_key(lane: Lane) -> str:
    """What tells a lane from others and stays the same over restarts."""
    channel = lane.channel
    words = [
        mac_text(lane.transmitter) if lane.transmitter else "any",
        f"{channel.center_mhz}/{channel.width_mhz}" if channel else "-",
        lane.ppdu.value if lane.ppdu else "-",
        lane.training or "-",
        f"{lane.n_rx}x{lane.n_tx}x{len(lane.subcarriers)}",
        f"{lane.core if lane.core is not None else '-'}",
        f"{lane.stream if lane.stream is not None else '-'}",
    ]
    return " ".join(words)


@dataclass(slots=True)
class _LaneSums:
    """What is gathered of one lane."""

    profiles: list[F32] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    moving: int = 0
    told: int = 0
    quality: float = 0.0


class Calibrator:
    """Takes the windows of an empty room with what is read from them."""

    def __init__(self, limits: CalibrationLimits | None = None) -> None:
        self.limits = limits or CalibrationLimits()
        self._lanes: dict[str, _LaneSums] = {}
        self._first_ns: int | None = None
        self._last_ns = 0

    def add(self, window: Window, motion: MotionReading) -> None:
        sums = self._lanes.setdefault(lane_key(window.lane), _LaneSums())
        sums.profiles.append(np.asarray(window.amplitude.mean(axis=0), np.float32))
        sums.quality += window.quality
        if motion.score is not None:
            sums.scores.append(motion.score)
        if motion.moving is not None:
            sums.told += 1
            sums.moving += motion.moving
        if self._first_ns is None:
            self._first_ns = window.start_ns
        self._last_ns = max(self._last_ns, window.end_ns)

    @property
    def seconds(self) -> float:
        """How much of the source's clock has been seen."""
        return 0.0 if self._first_ns is None else (self._last_ns - self._first_ns) / 1e9

    @property
    def progress(self) -> float:
        """Share of the least time, 0..1."""
        return min(1.0, self.seconds / self.limits.least_s)

    def finish(self, *, room: str, source: str, version: str) -> Calibration | Refusal:
        """What was learnt, or why it cannot be relied upon."""
        limits = self.limits
        if self.seconds < limits.least_s:
            return Refusal(
                f"{self.seconds:.0f} s are too short", f"give at least {limits.least_s:.0f} s"
            )
        used = {k: s for k, s in self._lanes.items() if len(s.scores) >= limits.least_windows}
        if not used:
            return Refusal("no lane has enough frames", "raise the packet rate, 10 a second do")
        if (refusal := self._judged(list(used.values()))) is not None:
            return refusal
        stability = min(self._stability(s) for s in used.values())
        if stability < limits.least_stability:
            return Refusal(
                f"the room changed meanwhile (stability {stability:.2f})",
                "leave everything where it is and calibrate anew",
            )
        return Calibration(
            version=version,
            room=room,
            source=source,
            first_ns=self._first_ns or 0,
            last_ns=self._last_ns,
            stability=round(stability, 6),
            lanes=tuple(_learnt(key, sums) for key, sums in used.items()),
        )

    def _judged(self, lanes: list[_LaneSums]) -> Refusal | None:
        windows = sum(len(s.profiles) for s in lanes)
        quality = sum(s.quality for s in lanes) / windows
        if quality < self.limits.least_quality:
            return Refusal(
                f"the signal is bad (quality {quality:.2f})",
                "bring the radios nearer to each other",
            )
        told = sum(s.told for s in lanes)
        moving = sum(s.moving for s in lanes) / max(told, 1)
        if moving > self.limits.most_moving:
            return Refusal(
                f"something moved in {moving:.0%} of the time", "leave the room and calibrate anew"
            )
        return None

    def _stability(self, sums: _LaneSums) -> float:
        """1 where each part of the time shows the same profile, 0 where one is `apart`."""
        parts = [np.mean(p, axis=0) for p in np.array_split(np.array(sums.profiles), _PARTS)]
        whole = np.mean(sums.profiles, axis=0)
        level = max(float(np.sqrt(np.mean(whole**2))), 1e-9)
        drift = max(float(np.sqrt(np.mean((part - whole) ** 2))) / level for part in parts)
        return max(0.0, 1 - drift / self.limits.apart)


def with_control(
    calibration: Calibration, moving: int, told: int, limits: CalibrationLimits | None = None
) -> Calibration | Refusal:
    """The calibration with the share of an occupied control that stood out, or why it fails."""
    share = moving / told if told else 0.0
    if share < (limits or CalibrationLimits()).control_moving:
        return Refusal(
            f"in the occupied control only {share:.0%} of the time stand out",
            "walk about between the radios during the control, or move them",
        )
    return replace(calibration, control=round(share, 6))


def _learnt(key: str, sums: _LaneSums) -> LaneCalibration:
    return LaneCalibration(
        key=key,
        windows=len(sums.profiles),
        profile=np.asarray(np.mean(sums.profiles, axis=0), np.float32),
        motion=MotionBaseline.of(np.array(sums.scores)),
    )
