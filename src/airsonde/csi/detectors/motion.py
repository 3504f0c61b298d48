"""Says whether something moves: the channel changes more than noise and than a quiet room does."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.baseline import MotionBaseline
from airsonde.csi.coherence import Change, change
from airsonde.csi.events import MotionReading, Window
from airsonde.csi.recurrence import Recurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionLimits:
    """What a quiet room may do; amplitudes are relative to their RMS over the tones.

    | field | |
    |---|---|
    | quiet_level | changes that a room without a moving person may show, RMS |
    | coarse_level | the same at few frames, which do not tell noise that neighbours share |
    | noise_errors | standard errors of the noise that may look like a change of the channel |
    | part_s | what is a slope or a bend over so long is drift or breath |
    | enough_frames | with fewer, windows before it that end where it begins are joined to it |
    | memory_s | how far back those may begin |
    | fewest_frames, fewest_pairs, least_span_s | of a window, below which nothing is said |
    | spreads | of a given baseline, above its median |
    | least, most | threshold that a baseline may ask for |
    | steepness | of the probability: exponent of score / threshold |
    """

    quiet_level: float = 0.01
    coarse_level: float = 0.02
    noise_errors: float = 4.0
    part_s: float = 1.0
    enough_frames: int = 25
    memory_s: float = 2.0
    fewest_frames: int = 8
    fewest_pairs: int = 4
    least_span_s: float = 0.4
    spreads: float = 3.0
    least: float = 0.7
    most: float = 2.0
    steepness: float = 4.0


class MotionDetector:
    """A step over the windows of one lane.

    score = sqrt(coherent / (quiet_level^2 + noise_errors * noise / sqrt(frames * pairs))), see
    `csi.coherence`: 1 is the most that a quiet room and noise explain. Something moves where the
    score is over the threshold, which is 1 unless a baseline of the room is given. Of bursts that
    come back like clockwork it is not said that they are somebody.
    """

    def __init__(
        self, limits: MotionLimits | None = None, baseline: MotionBaseline | None = None
    ) -> None:
        self._limits = limits or MotionLimits()
        self._threshold = 1.0 if baseline is None else _threshold(self._limits, baseline)
        self._recent: deque[_Measured] = deque()
        self._recurrence = Recurrence()

    def step(self, window: Window) -> MotionReading:
        """Read one window."""
        measured = _measured(window, self._limits)
        if isinstance(measured, str):
            return self._reading(window, None, measured)
        score = self._score(measured)
        moving = score > self._threshold
        period_s = self._recurrence.step(window.end_ns, moving=moving)
        reason = None if period_s is None else f"comes back every {period_s:.0f} s"
        return self._reading(window, score, reason)

    def _score(self, now: "_Measured") -> float:
        """The score of a window, with those just before it where it holds few frames."""
        used = [now]
        oldest_ns = min(now.start_ns, now.end_ns - round(self._limits.memory_s * 1e9))
        for before in reversed(self._recent):
            if sum(m.frames for m in used) >= self._limits.enough_frames:
                break
            if oldest_ns <= before.start_ns and before.end_ns <= used[-1].start_ns:
                used.append(before)
        self._recent.append(now)
        while not oldest_ns <= self._recent[0].start_ns <= now.start_ns:
            self._recent.popleft()
        coherent = sum(m.change.coherent for m in used) / len(used)
        noise = sum(m.change.noise for m in used) / len(used)
        error = noise / math.sqrt(now.pairs * sum(m.frames for m in used))
        explained = self._quiet_level(now) ** 2 + self._limits.noise_errors * error
        return round(math.sqrt(coherent / explained), 4)

    def _quiet_level(self, now: "_Measured") -> float:
        separated = now.change.separated
        return self._limits.quiet_level if separated else self._limits.coarse_level

    def _reading(self, window: Window, score: float | None, reason: str | None) -> MotionReading:
        known = reason is None
        ratio = (score or 0.0) / self._threshold
        return MotionReading(
            t_ns=window.end_ns,
            window_id=window.window_id,
            score=score,
            threshold=self._threshold,
            moving=ratio > 1.0 if known else None,
            probability=_probability(ratio, self._limits.steepness) if known else 0.5,
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class _Measured:
    """What changes in one window, and in how many frames and pairs of tones that was seen."""

    start_ns: int
    end_ns: int
    frames: int
    pairs: int
    change: Change


def _measured(window: Window, limits: MotionLimits) -> _Measured | str:
    """What changes, or why that cannot be told."""
    rows, t_ns = window.amplitude, window.frames.t_ns
    with np.errstate(over="ignore"):
        energy = np.einsum("wt,wt->w", rows, rows)
    good = np.isfinite(energy) & (energy > 0)
    if not good.all():
        rows, t_ns = rows[good], t_ns[good]
    if len(rows) < limits.fewest_frames:
        return "too few frames"
    if int(t_ns[-1] - t_ns[0]) < limits.least_span_s * 1e9:
        return "too short"
    pairs = _pairs(window, np.asarray(rows.any(axis=0)))
    count = int(np.count_nonzero(pairs))
    if count < limits.fewest_pairs:
        return "too few tones"
    seen = change(t_ns, rows, pairs, part_s=limits.part_s)
    return _Measured(window.start_ns, window.end_ns, len(rows), count, seen)


def _pairs(window: Window, heard: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[T - 1]: tones with a right neighbour on the same antennas, both heard."""
    antennas = window.tones // len(window.lane.subcarriers)
    return np.asarray((antennas[1:] == antennas[:-1]) & heard[:-1] & heard[1:])


def _threshold(limits: MotionLimits, baseline: MotionBaseline) -> float:
    asked = baseline.median + limits.spreads * baseline.spread
    return float(np.clip(asked, limits.least, limits.most))


def _probability(ratio: float, steepness: float) -> float:
    """ratio^k / (1 + ratio^k), short of certainty."""
    power = min(ratio, 10.0) ** steepness
    return round(float(np.clip(power / (1 + power), 0.01, 0.99)), 6)
