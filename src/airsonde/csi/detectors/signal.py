"""Says that something moves where the strength of a signal varies more than it does in quiet."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from airsonde.csi.events import MotionReading
from airsonde.csi.signal import SignalSample


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLimits:
    """What the strength of a signal may do in quiet; spreads are standard deviations.

    | field | |
    |---|---|
    | span_s, hop_s | what is looked at together, and how often |
    | fewest | samples of one rate, below which nothing is said |
    | least_db, most_db | threshold; a level between two whole dB alone has a spread of 0.5 dB |
    | spreads | of the quiet spread, that are the threshold |
    | quiet_share | quantile of the spreads remembered that counts as quiet |
    | learn_s, memory_s | how much must be, and is, remembered of what quiet is |
    | stay | share of the threshold below which movement is over |
    | most_probability | that is ever claimed: cars, doors and neighbours do the same |
    """

    span_s: float = 4.0
    hop_s: float = 1.0
    fewest: int = 12
    least_db: float = 1.0
    most_db: float = 3.0
    spreads: float = 2.5
    quiet_share: float = 0.2
    learn_s: float = 30.0
    memory_s: float = 600.0
    stay: float = 0.7
    most_probability: float = 0.7


class SignalDetector:
    """A step over the samples of one interface.

    score = spread / threshold over the samples of the commonest rate, 1 is what quiet explains.
    Another peer begins anew, a gap or a clock that was set begins a new span. It never says that
    nothing moves: who keeps still, or moves where no ray passes, changes nothing.
    """

    def __init__(self, limits: SignalLimits | None = None) -> None:
        self._limits = limits or SignalLimits()
        self._samples: deque[SignalSample] = deque()
        self._spreads: deque[tuple[int, float]] = deque()
        self._due_ns: int | None = None
        self._read = 0
        self._moving = False

    def step(self, sample: SignalSample) -> MotionReading | None:
        """Take one sample; a reading when it is time for one."""
        self._begin_anew(sample)
        self._samples.append(sample)
        span_ns = round(self._limits.span_s * 1e9)
        while self._samples[0].t_ns <= sample.t_ns - span_ns:
            self._samples.popleft()
        if self._due_ns is None:
            self._due_ns = sample.t_ns + span_ns
        if sample.t_ns < self._due_ns:
            return None
        self._due_ns = sample.t_ns + round(self._limits.hop_s * 1e9)
        return self._reading(sample.t_ns)

    def _begin_anew(self, sample: SignalSample) -> None:
        if not self._samples:
            return
        last = self._samples[-1]
        another = sample.peer != last.peer
        if another:
            self._spreads.clear()
        if another or not 0 <= sample.t_ns - last.t_ns <= self._limits.span_s * 1e9:
            self._samples.clear()
            self._due_ns, self._moving = None, False

    def _reading(self, t_ns: int) -> MotionReading:
        values = _comparable(self._samples)
        number, self._read = self._read, self._read + 1
        if len(values) < self._limits.fewest:
            self._moving = False
            return _unknown(t_ns, number, "too few frames at one rate")
        spread = float(np.std(values))
        threshold = self._threshold(t_ns, spread)
        if t_ns - self._spreads[0][0] < self._limits.learn_s * 1e9:
            return _unknown(t_ns, number, "learning what quiet is")
        score = spread / threshold
        self._moving = score > (self._limits.stay if self._moving else 1.0)
        if not self._moving:
            reason = "the signal is steady, which tells nothing of who keeps still"
            return _unknown(t_ns, number, reason, score)
        power = min(score, 10.0) ** 2
        return MotionReading(
            t_ns=t_ns,
            window_id=number,
            score=round(score, 4),
            threshold=1.0,
            moving=True,
            probability=round(min(self._limits.most_probability, power / (1 + power)), 4),
        )

    def _threshold(self, t_ns: int, spread: float) -> float:
        """In dB, of what was quiet of late; the new spread is remembered."""
        oldest_ns = t_ns - round(self._limits.memory_s * 1e9)
        while self._spreads and not oldest_ns <= self._spreads[0][0] <= t_ns:
            self._spreads.popleft()
        self._spreads.append((t_ns, spread))
        quiet = np.quantile([spread for _, spread in self._spreads], self._limits.quiet_share)
        asked = self._limits.spreads * float(quiet)
        return min(self._limits.most_db, max(self._limits.least_db, asked))


def _comparable(samples: Sequence[SignalSample]) -> list[float]:
    """Strengths of those at the commonest rate."""
    ((rate, _),) = Counter(sample.rate for sample in samples).most_common(1)
    return [sample.signal_dbm for sample in samples if sample.rate == rate]


def _unknown(t_ns: int, number: int, reason: str, score: float | None = None) -> MotionReading:
    return MotionReading(
        t_ns=t_ns,
        window_id=number,
        score=None if score is None else round(score, 4),
        threshold=None if score is None else 1.0,
        moving=None,
        reason=reason,
    )
