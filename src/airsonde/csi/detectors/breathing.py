"""Says how fast somebody breathes who keeps still, or why that cannot be said."""

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.breathing.decision import BreathingLimits, Estimate, estimate, without
from airsonde.csi.breathing.history import History
from airsonde.csi.breathing.streams import shapes
from airsonde.csi.events import BreathingReading, MotionReading, Window
from airsonde.csi.model import C64, F32, I64

_FEWEST_TONES = 4
_LARGEST = 1e6  # a normalised shape is at most as large as the number of tones
_MOST_EVIDENCE = 64
_BINS_PER_S = 5
_MOST_PENDING_BYTES = 1 << 18  # of frames that wait to be taken together


@dataclass(frozen=True, slots=True, kw_only=True)
class BreathingDetectorLimits:
    """How often the last `history_s` are looked at, and if need be the last `stretch_s`.

    Nothing is said where more than `moving_share` of the windows of `stretch_s` moved.
    """

    claim: BreathingLimits = field(default_factory=BreathingLimits)
    every_s: float = 10.0
    stretch_s: int = 30
    history_s: int = 60
    moving_share: float = 0.5


class BreathingDetector:
    """A step over the windows of one lane; between evaluations it repeats what it found."""

    def __init__(self, limits: BreathingDetectorLimits | None = None) -> None:
        self._limits = limits or BreathingDetectorLimits()
        self._history = History(self._limits.history_s * _BINS_PER_S)
        self._tones: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]] | None = None
        self._last_index = -1
        self._pending: list[tuple[I64, C64, F32]] = []
        self._pending_bytes = 0
        self._due_ns: int | None = None
        self._seen: deque[tuple[int, int, bool]] = deque()
        self._chains = 0
        self._standing = without("short", 0.0)
        self._evidence: tuple[int, ...] = ()

    def step(self, window: Window, motion: MotionReading | None = None) -> BreathingReading:
        """Take the next window, and what is known of movement in it."""
        moving = motion is not None and motion.moving is True
        self._remember(window, moving=moving)
        self._take(window)
        if self._due_ns is None:
            self._due_ns = window.end_ns
        if abs(window.end_ns - self._due_ns) >= self._limits.every_s * 1e9:
            self._due_ns = window.end_ns
            self._standing = self._evaluated()
        if moving or self._restless():
            return self._reading(without("moving", self._standing.span_s))
        return self._reading(self._standing)

    def conclude(self) -> BreathingReading | None:
        """Look once more, at the end of a recording; None where there was no window."""
        if not self._seen:
            return None
        found = self._evaluated()
        return self._reading(without("moving", found.span_s) if self._restless() else found)

    @property
    def held_bytes(self) -> int:
        """Size of what is kept of the lane."""
        waiting = sum(a.nbytes for parts in self._pending for a in parts)
        return self._history.held_bytes + waiting

    def _remember(self, window: Window, *, moving: bool) -> None:
        self._seen.append((window.end_ns, window.window_id, moving))
        oldest = window.end_ns - self._limits.history_s * 1_000_000_000
        while self._seen[0][0] <= oldest or len(self._seen) > 1000:
            self._seen.popleft()

    def _restless(self) -> bool:
        """Whether more than the allowed share of the newest stretch moved."""
        since = self._seen[-1][0] - self._limits.stretch_s * 1_000_000_000
        flags = [moving for end_ns, _, moving in self._seen if end_ns > since]
        return sum(flags) > self._limits.moving_share * len(flags)

    def _take(self, window: Window) -> None:
        """Hold the frames that no earlier window held, for the history."""
        _, tones = self._layout(window)
        first = int(np.searchsorted(window.frames.index, self._last_index, side="right"))
        if first == len(window.frames) or len(tones) < _FEWEST_TONES:
            return
        self._last_index = int(window.frames.index[-1])
        frames = window.frames
        csi, amplitude = frames.csi[first:], window.amplitude[first:]
        self._pending.append((frames.t_ns[first:], csi, amplitude))
        self._pending_bytes += csi.nbytes + amplitude.nbytes
        if self._pending_bytes >= _MOST_PENDING_BYTES:
            self._digest()

    def _digest(self) -> None:
        """Put the frames that were held into the history."""
        if not self._pending or self._tones is None:
            return
        _, columns, tones = self._tones
        t_ns, csi, amplitude = (np.concatenate(c) for c in zip(*self._pending, strict=True))
        self._pending, self._pending_bytes = [], 0
        chains = csi.shape[1] * csi.shape[2]
        level = amplitude[:, columns].reshape(len(t_ns), chains, len(tones))
        with np.errstate(over="ignore", invalid="ignore"):
            rows = shapes(csi[..., tones], level)
        sound = (np.abs(rows) < _LARGEST).all(axis=1) & level.any(axis=(1, 2))
        if sound.any():
            self._chains = chains
            self._history.add(t_ns[sound], rows[sound])

    def _layout(self, window: Window) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Columns of the amplitude and tones of the lane that every chain shares."""
        known = self._tones
        if known is not None and (
            known[0] is window.tones or np.array_equal(known[0], window.tones)
        ):
            return known[1], known[2]
        self._digest()
        _, n_rx, n_tx, count = window.frames.csi.shape
        used = np.zeros((n_rx * n_tx, count), bool)
        used.reshape(-1)[window.tones] = True
        tones = np.flatnonzero(used.all(axis=0))
        wanted = (np.arange(n_rx * n_tx)[:, None] * count + tones).reshape(-1)
        columns = np.searchsorted(window.tones, wanted)
        self._tones = window.tones, columns, tones
        return columns, tones

    def _evaluated(self) -> Estimate:
        """Of the whole history, and where that shows nothing of its newest part."""
        self._digest()
        self._evidence = tuple(number for _, number, _ in self._seen)[-_MOST_EVIDENCE:]
        limits = self._limits
        whole = self._look(limits.history_s)
        if whole.bpm is not None or whole.span_s < 1.5 * limits.stretch_s:
            return whole
        recent = self._look(limits.stretch_s)
        return whole if recent.bpm is None else replace(recent, span_s=whole.span_s)

    def _look(self, seconds: int) -> Estimate:
        held = self._history.latest(seconds * _BINS_PER_S)
        if held is None:
            return without("short", 0.0)
        return estimate(*held, self._chains, self._limits.claim)

    def _reading(self, found: Estimate) -> BreathingReading:
        return BreathingReading(
            t_ns=self._seen[-1][0],
            bpm=found.bpm,
            confidence=found.confidence,
            interval_bpm=found.interval_bpm,
            reason=found.reason,
            evidence=self._evidence or (self._seen[-1][1],),
            numbers={"span_s": found.span_s, **found.numbers},
        )
