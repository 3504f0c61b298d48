"""Cut a lane into windows, by time or by count, so that no frame is lost and no cut shows.

A window by time begins at a multiple of the hop, so that the windows of all lanes stand side by
side, and is complete when a frame at or behind its end has come; a window by count is complete with
its last frame. What is left when a lane ends, falls silent or its clock runs backwards becomes a
shorter window.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import ConfigError
from airsonde.csi.batches import concatenate, take
from airsonde.csi.clean import relative_amplitude, signal_tones
from airsonde.csi.model import F32, I64, FrameBatch, Lane

LAST: Final = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowShape:
    """Length and hop, in seconds or in frames (`by_count`); equal ones tumble.

    `most_frames` bounds a window by time: a clock that stands still would never end it.
    """

    length: float = 1.0
    hop: float = 0.5
    by_count: bool = False
    most_frames: int = 8192

    def __post_init__(self) -> None:
        if not 0 < self.hop <= self.length:
            raise ConfigError(f"a window of {self.length:g} cannot hop by {self.hop:g}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """A window before it is numbered; `by` is the index of the frame that completed it."""

    by: int
    start_ns: int
    end_ns: int
    frames: FrameBatch
    tones: NDArray[np.intp]
    amplitude: F32
    rejected: int


class LaneWindows:
    """The windows of one lane; frames are kept until no coming window can hold them."""

    def __init__(self, lane: Lane, shape: WindowShape) -> None:
        self._shape = shape
        self._length_ns = round(shape.length * 1e9)
        self._hop_ns = round(shape.hop * 1e9)
        self._tones = signal_tones(lane)
        self._kept: FrameBatch | None = None
        self._amplitude: F32 = np.empty((0, len(self._tones)), np.float32)
        self._waiting: list[FrameBatch] = []  # behind those that are kept, none completes a window
        self._last_ns = 0
        self._start_ns = 0
        self._begun = False
        self._fresh = 0  # the last so many of the kept frames have not been in a window
        self._rejected: I64 = np.empty(0, np.int64)
        self._cuts: list[Cut] = []

    def reject(self, index: I64) -> None:
        """Note frames that validation refused, int64[n]; the window behind them tells of them."""
        self._rejected = np.sort(np.concatenate([self._rejected, index]))

    def push(self, batch: FrameBatch) -> list[Cut]:
        """Add frames; give what they complete."""
        turns = np.flatnonzero(np.diff(batch.t_ns) < 0) + 1
        edges = [0, *turns.tolist(), len(batch)]
        for first, stop in pairwise(edges):
            part = take(batch, slice(first, stop)) if len(edges) > 2 else batch
            if self._holds and part.t_ns[0] < self._last_ns:
                self._rest(int(part.index[0]))
            self._append(part)
            if self._shape.by_count:
                self._gather()
                self._complete_by_count()
            elif self._due():
                self._gather()
                self._complete_by_time()
        return self._given()

    def flush(self, by: int = LAST) -> list[Cut]:
        """Give the frames that no window has held yet as a shorter one, and begin anew."""
        self._rest(by)
        return self._given()

    def _given(self) -> list[Cut]:
        cuts, self._cuts = self._cuts, []
        return cuts

    @property
    def _holds(self) -> bool:
        return self._kept is not None or bool(self._waiting)

    def _append(self, batch: FrameBatch) -> None:
        if not self._holds and not self._begun:
            self._begun = True
            self._start_ns = int(batch.t_ns[0]) // self._hop_ns * self._hop_ns
        self._waiting.append(replace(batch, reasons=None))
        self._last_ns = int(batch.t_ns[-1])
        self._fresh += len(batch)

    def _due(self) -> bool:
        """Whether the frames that wait complete a window, or are too many to wait."""
        waiting = sum(map(len, self._waiting)) + (0 if self._kept is None else len(self._kept))
        over = self._last_ns >= self._start_ns + self._length_ns
        return over or waiting > self._shape.most_frames

    def _gather(self) -> None:
        """Put the frames that wait behind those that are kept."""
        if not self._waiting:
            return
        waiting, self._waiting = concatenate(self._waiting), []
        rows = relative_amplitude(waiting, self._tones)
        if self._kept is None:
            self._kept, self._amplitude = waiting, rows
        else:
            self._kept = concatenate([self._kept, waiting])
            self._amplitude = np.concatenate([self._amplitude, rows])

    def _complete_by_count(self) -> None:
        length, hop = int(self._shape.length), int(self._shape.hop)
        while (kept := self._kept) is not None and len(kept) >= length:
            self._start_ns = int(kept.t_ns[0])
            last = length - 1
            self._cut(kept, length, int(kept.index[last]), int(kept.t_ns[last]) + 1)
            self._drop(hop)

    def _complete_by_time(self) -> None:
        most = self._shape.most_frames
        while (kept := self._kept) is not None:
            end_ns = self._start_ns + self._length_ns
            stop = int(np.searchsorted(kept.t_ns, end_ns))
            if stop > most:
                self._cut(kept, most, int(kept.index[most]), int(kept.t_ns[most - 1]) + 1)
                self._drop(most)
                self._start_ns = int(kept.t_ns[most])
                continue
            if stop == len(kept):
                return
            if stop:
                self._cut(kept, stop, int(kept.index[stop]), end_ns)
                self._start_ns += self._hop_ns
            else:
                missed_ns = int(kept.t_ns[0]) - end_ns
                self._start_ns += self._hop_ns * (missed_ns // self._hop_ns + 1)
            self._drop(int(np.searchsorted(kept.t_ns, self._start_ns)))

    def _drop(self, count: int) -> None:
        kept = self._kept
        if kept is None or count >= len(kept):
            self._kept, self._amplitude = None, self._amplitude[:0]
        elif count:
            self._kept = take(kept, slice(count, None))
            self._amplitude = self._amplitude[count:]

    def _rest(self, by: int) -> None:
        self._gather()
        kept = self._kept
        if kept is not None and self._fresh:
            last_ns = int(kept.t_ns[-1])
            by_time = 0 if self._shape.by_count else self._start_ns + self._length_ns
            self._cut(kept, len(kept), by, max(last_ns + 1, by_time))
        self._kept, self._fresh, self._begun = None, 0, False
        self._amplitude = self._amplitude[:0]

    def _cut(self, kept: FrameBatch, stop: int, by: int, end_ns: int) -> None:
        """Make a window of the first `stop` frames that are kept."""
        before = int(np.searchsorted(self._rejected, by))
        self._rejected = self._rejected[before:]
        self._fresh = min(self._fresh, len(kept) - stop)
        self._cuts.append(
            Cut(
                by=by,
                start_ns=self._start_ns,
                end_ns=end_ns,
                frames=take(kept, slice(0, stop)),
                tones=self._tones,
                amplitude=self._amplitude[:stop],
                rejected=before,
            )
        )
