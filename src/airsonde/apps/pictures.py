"""What pictures of a capture show, gathered in one pass and in bounded memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from airsonde.captures.summary import Survey
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import mac_text
from airsonde.csi.features import (
    MotionScore,
    Spectrogram,
    normalised_amplitude,
    residual_phase,
)
from airsonde.csi.model import F32, I64, FrameBatch, Lane
from airsonde.csi.picture import Picture, TimeColumns

_SPECTROGRAM_S = 2.0
_MOTION_S = 1.0
_MOTION_HOP_S = 0.25
_LONGEST_STEP_NS = 60_000_000_000


class Kind(StrEnum):
    """What can be drawn of a lane."""

    WATERFALL = "waterfall"
    PHASE = "phase"
    SPECTROGRAM = "spectrogram"
    MOTION = "motion"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Image:
    """A picture with rows at `rows` (float32[R]: subcarrier index or Hz), beginning at `start_s`.

    Values are dB (waterfall, spectrogram) or radians (phase); NaN was not measured.
    """

    kind: Kind
    picture: Picture
    rows: F32
    start_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MotionLine:
    """Motion scores (float32[K], NaN: too few frames) at `seconds` (float32[K]) from the start."""

    seconds: F32
    scores: F32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pictures:
    """Everything that was asked for of one lane."""

    lane: Lane
    frames: int
    images: dict[Kind, Image]
    motion: MotionLine | None


class Gathering:
    """Pictures of one lane in the making. Waterfall and phase show its first antenna pair."""

    def __init__(self, lane: Lane, kinds: frozenset[Kind]) -> None:
        self._lane = lane
        self._kinds = kinds
        self._frames = 0
        self._columns = {kind: TimeColumns() for kind in kinds}
        self._spectrogram = Spectrogram(_SPECTROGRAM_S)
        self._motion = MotionScore(_MOTION_S, _MOTION_HOP_S)
        self._scored: list[tuple[I64, F32]] = []

    def add(self, batch: FrameBatch) -> None:
        self._frames += len(batch)
        amplitude = normalised_amplitude(batch)
        if Kind.WATERFALL in self._kinds:
            self._columns[Kind.WATERFALL].add(batch.t_ns, np.square(amplitude[:, 0, 0]))
        if Kind.PHASE in self._kinds:
            self._columns[Kind.PHASE].add(batch.t_ns, residual_phase(batch)[:, 0, 0])
        if Kind.SPECTROGRAM in self._kinds:
            middles, power = self._spectrogram.push(batch.t_ns, amplitude)
            if len(middles):
                self._columns[Kind.SPECTROGRAM].add(middles, power)
        if Kind.MOTION in self._kinds:
            self._scored.append(self._motion.push(batch.t_ns, amplitude))

    def pictures(self) -> Pictures:
        """What was gathered so far."""
        images = {kind: self._image(kind) for kind in self._kinds - {Kind.MOTION}}
        motion = self._motion_line() if Kind.MOTION in self._kinds else None
        return Pictures(lane=self._lane, frames=self._frames, images=images, motion=motion)

    def _image(self, kind: Kind) -> Image:
        picture = self._columns[kind].picture()
        if kind is Kind.PHASE:
            return Image(kind=kind, picture=picture, rows=self._tones())
        floor = np.float32(1e-12)
        decibels = 10 * np.log10(np.maximum(picture.values, floor))
        picture = Picture(values=decibels, seconds=picture.seconds)
        if kind is Kind.WATERFALL:
            return Image(kind=kind, picture=picture, rows=self._tones())
        hz = self._spectrogram.hz.astype(np.float32)
        return Image(kind=kind, picture=picture, rows=hz, start_s=_SPECTROGRAM_S / 2)

    def _tones(self) -> F32:
        return self._lane.subcarriers.astype(np.float32)

    def _motion_line(self) -> MotionLine:
        ends = np.concatenate([e for e, _ in self._scored])
        steps = np.clip(np.diff(ends, prepend=ends[:1]), 0, _LONGEST_STEP_NS)
        seconds = _MOTION_S + np.cumsum(steps) / 1e9
        scores = np.concatenate([s for _, s in self._scored])
        return MotionLine(seconds=seconds.astype(np.float32), scores=scores)


def gather(
    blocks: Iterable[list[FrameBatch]], lane: int, kinds: frozenset[Kind] = frozenset(Kind)
) -> Pictures:
    """Pictures of one lane. Raises ConfigError when the capture has no such lane."""
    gathering: Gathering | None = None
    for block in blocks:
        for batch in block:
            if batch.lane.number == lane:
                gathering = gathering or Gathering(batch.lane, kinds)
                gathering.add(batch)
    if gathering is None:
        raise ConfigError(f"there is no lane {lane}; `airsonde csi inspect` lists the lanes")
    return gathering.pictures()


def main_lane(survey: Survey) -> int:
    """The lane with the most frames. Raises DecodeError when the capture has none."""
    if not survey.lanes:
        raise DecodeError("there is no frame to draw; `airsonde csi inspect` says why")
    return max(survey.lanes, key=lambda lane: lane.frames).lane


def identity(lane: Lane, frames: int) -> str:
    """One line that says what was measured: chip, channel, format, transmitter, chains, frames."""
    channel = lane.channel
    words = [
        lane.chip or lane.family.value,
        f"{channel.center_mhz} MHz, {channel.width_mhz} MHz wide" if channel else None,
        lane.ppdu.value.upper() if lane.ppdu else None,
        f"from {mac_text(lane.transmitter)}" if lane.transmitter else None,
        f"rx 1 of {lane.n_rx}, tx 1 of {lane.n_tx}" if lane.n_rx * lane.n_tx > 1 else None,
        f"{frames} frames",
    ]
    return " · ".join(word for word in words if word)
