"""What a live view shows: the last half minute of one lane, the readings, the last events."""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from airsonde.csi.clean import relative_amplitude, signal_tones
from airsonde.csi.events import Event
from airsonde.csi.model import F32, FrameBatch, Lane
from airsonde.csi.pipeline import Findings, Look

_COLUMN_NS: Final = 250_000_000
_COLUMNS: Final = 120
_EVENTS: Final = 8


@dataclass(slots=True)
class _Column:
    """The mean of a quarter of a second in the making."""

    number: int
    frames: int
    power: F32


class Watched:
    """Gathers what a screen shows of the lane with the most frames, in bounded memory."""

    def __init__(self) -> None:
        self.frames = 0
        self.look: Look | None = None
        self.events: deque[Event] = deque(maxlen=_EVENTS)
        self._per_lane: dict[int, int] = {}
        self._lane: Lane | None = None
        self._columns: deque[F32] = deque(maxlen=_COLUMNS)
        self._open: _Column | None = None
        self._scores: deque[float] = deque(maxlen=_COLUMNS)

    @property
    def lane(self) -> Lane | None:
        return self._lane

    @property
    def lanes(self) -> int:
        return len(self._per_lane)

    def add(self, batches: list[FrameBatch], findings: Findings) -> None:
        """Take frames and what they led to."""
        for batch in batches:
            self._count(batch)
            if self._lane is not None and batch.lane.number == self._lane.number:
                self._draw(batch)
        for look in findings.looks:
            self.look = look
            score = look.room_motion.score
            self._scores.append(np.nan if score is None else score)
        self.events.extend(findings.events)

    def waterfall(self) -> tuple[F32, F32]:
        """float32[K, T] dB, newest last, and the T subcarrier indices of the first chain pair."""
        lane = self._lane
        if lane is None or not self._columns:
            return np.empty((0, 0), np.float32), np.empty(0, np.float32)
        tones = lane.subcarriers[lane.valid].astype(np.float32)
        return np.array(self._columns)[:, : len(tones)], tones

    def scores(self) -> F32:
        """float32[K]: motion scores, newest last; NaN: unknown."""
        return np.array(self._scores, np.float32)

    def _count(self, batch: FrameBatch) -> None:
        number = batch.lane.number
        self.frames += len(batch)
        self._per_lane[number] = self._per_lane.get(number, 0) + len(batch)
        current = self._lane
        if current is None or self._per_lane[number] > 2 * self._per_lane[current.number]:
            self._lane, self._open = batch.lane, None
            self._columns.clear()

    def _draw(self, batch: FrameBatch) -> None:
        power = np.square(relative_amplitude(batch, signal_tones(batch.lane)))
        for number, row in zip((batch.t_ns // _COLUMN_NS).tolist(), power, strict=True):
            column = self._open
            if column is None or column.number != number:
                if column is not None:
                    mean = column.power / column.frames
                    self._columns.append(10 * np.log10(np.maximum(mean, np.float32(1e-6))))
                self._open = _Column(number, 1, row.copy())
            else:
                column.frames += 1
                column.power += row
