"""What a node senses, from its own CSI: the numbers that its loops and its feature states need.

motion     2 p - 1, p the probability of movement: above 0 where movement is likelier than not
presence   confidence that somebody is there; unknown where the signal does not tell
coherence  mean quality of the frames, times the share of them that validation let pass
env_shift  distance of the last 5 still seconds from the calibrated room
anomaly    confidence of an anomaly that was found in the last 5 s
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from airsonde.apps.mesh.baseline import RoomBaseline
from airsonde.core.smooth import RollingMean
from airsonde.csi.events import EventKind, Occupancy
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Findings, Look, Pipeline
from airsonde.csi.windows import WindowShape
from airsonde.mesh.features import BaselineWindow, MotionWindow, VitalWindow
from airsonde.mesh.observation import RadioHealth, clamp

SHAPE: Final = WindowShape(length=1.0, hop=0.1)
_SECOND_NS: Final = 1_000_000_000
_MEMORY_NS: Final = 5 * _SECOND_NS
_SILENCE_NS: Final = 2 * _SECOND_NS
_QUALITY_WINDOWS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """One moment; `motion` is None while nothing was measured lately."""

    motion: MotionWindow | None = None
    vital: VitalWindow | None = None
    baseline: BaselineWindow | None = None
    calibrated: bool = False
    heard: RadioHealth = field(default_factory=lambda: RadioHealth(open=False))


class SenseSource(Protocol):
    """Where a node's senses come from."""

    def sense(self, now_ns: int) -> Senses: ...

    def recalibrate(self) -> None:
        """Measure the baseline anew."""


class FrameMeter:
    """Frames by whole seconds of the host's clock: how many, how strong."""

    def __init__(self) -> None:
        self._second: int | None = None
        self._frames = 0
        self._rssi: list[float] = []
        self.frames_per_s: float | None = None
        self.rssi_dbm: float | None = None

    def count(self, batches: Sequence[FrameBatch], now_ns: int) -> None:
        self._turn(now_ns)
        for batch in batches:
            self._frames += len(batch)
            if batch.rssi_dbm is not None:
                known = batch.rssi_dbm[np.isfinite(batch.rssi_dbm)]
                self._rssi += known.ravel().tolist()

    def _turn(self, now_ns: int) -> None:
        second = now_ns // _SECOND_NS
        if second == self._second:
            return
        if self._second is not None:
            whole = second == self._second + 1
            self.frames_per_s = float(self._frames) if whole else 0.0
            self.rssi_dbm = float(np.median(self._rssi)) if self._rssi and whole else None
        self._second, self._frames = second, 0
        self._rssi.clear()


class CsiSenses:
    """Frames in, senses out; time is the host's clock, `now_ns`, the frames keep their own."""

    def __init__(self, pipeline: Pipeline, baseline: RoomBaseline | None = None) -> None:
        self._pipeline = pipeline
        self._baseline = baseline or RoomBaseline()
        self._meter = FrameMeter()
        self._coherence = RollingMean(_QUALITY_WINDOWS)
        self._standing = 0.0
        self._look: Look | None = None
        self._looked_ns = 0
        self._anomaly: tuple[int, float] | None = None
        self._lane_channel: tuple[int, int] | None = None

    def feed(self, batches: Sequence[FrameBatch], now_ns: int) -> None:
        """Take the frames of one block; none: time passes."""
        self._meter.count(batches, now_ns)
        if not batches:
            return
        channel = batches[-1].lane.channel
        if channel is not None:
            self._lane_channel = channel.primary or channel.center, channel.width_mhz
        self._take(self._pipeline.feed(batches), now_ns)

    def recalibrate(self) -> None:
        self._baseline.begin()

    def sense(self, now_ns: int) -> Senses:
        self._meter.count((), now_ns)
        look = self._look if now_ns - self._looked_ns < _SILENCE_NS else None
        return Senses(
            motion=None if look is None else self._motion(look),
            vital=None if look is None else _vital(look),
            baseline=self._baseline_window(now_ns),
            calibrated=self._baseline.calibrated,
            heard=self.heard,
        )

    def _take(self, findings: Findings, now_ns: int) -> None:
        for look in findings.looks:
            self._look, self._looked_ns = look, now_ns
            window = look.window
            passed = len(window.frames) / (len(window.frames) + window.rejected)
            self._standing = self._coherence.push(clamp(window.quality) * passed)
            self._baseline.add(look)
        for event in findings.events:
            if event.kind is EventKind.ANOMALY_DETECTED:
                self._anomaly = now_ns, event.confidence

    def _motion(self, look: Look) -> MotionWindow:
        motion = look.room_motion
        score = 2 * motion.probability - 1 if motion.moving is not None else 0.0
        return MotionWindow(motion=clamp(score), presence=_presence(look), coherence=self._standing)

    def _baseline_window(self, now_ns: int) -> BaselineWindow | None:
        shift = self._baseline.shift
        if shift is None:
            return None
        recent = self._anomaly is not None and now_ns - self._anomaly[0] < _MEMORY_NS
        return BaselineWindow(
            env_shift=shift, anomaly=self._anomaly[1] if self._anomaly and recent else 0.0
        )

    @property
    def heard(self) -> RadioHealth:
        """What the frames tell of the radio."""
        channel, width = self._lane_channel or (None, None)
        return RadioHealth(
            open=True,
            pkt_yield=self._meter.frames_per_s,
            channel=channel,
            bw_mhz=width,
            rssi_median_dbm=self._meter.rssi_dbm,
        )


def _presence(look: Look) -> float | None:
    presence = look.presence
    match presence.verdict:
        case Occupancy.OCCUPIED | Occupancy.MOVING:
            return presence.confidence
        case Occupancy.EMPTY:
            return 1 - presence.confidence
        case Occupancy.UNKNOWN:
            return None


def _vital(look: Look) -> VitalWindow | None:
    breathing = look.breathing
    if breathing is None:
        return None
    confidence = 0.0 if breathing.bpm is None else breathing.confidence
    return VitalWindow(respiration_bpm=breathing.bpm, respiration_conf=confidence)
