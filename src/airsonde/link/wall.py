"""What the network carries in one direction, learnt from the queues that formed at it."""

from dataclasses import dataclass

from airsonde.link.delay_samples import DelaySamples


@dataclass(frozen=True, slots=True, kw_only=True)
class WallConfig:
    """A wall stands where it stood when it is found again within `same` of that.

    While a queue over `full_ms` stood for all of `full_span_ms`, what comes through is the wall: it
    moves there by `settle` of the way. A wall that fell under `dip` times the one before may be a
    dip that is over.
    """

    same: float = 0.1
    full_ms: float = 6.0
    full_span_ms: float = 150.0
    settle: float = 0.3
    dip: float = 0.8


class Wall:
    """The rate at which a queue begins to form; `times` it was found where it stood."""

    def __init__(self, config: WallConfig) -> None:
        self.config = config
        self.mbit: float | None = None
        self.times = 1
        self.dipped = False
        self._before_mbit = 0.0

    @property
    def known_mbit(self) -> float:
        """Up to where nothing was in the way, 0 where nothing is known."""
        return self._before_mbit if self.dipped else self.mbit or 0.0

    def meet(self, mbit: float) -> float:
        """A queue begins to form while that much comes through; where the wall stands now."""
        known = self.mbit if self._stands_at(mbit) else None
        self._count(mbit)
        self.mbit = mbit if known is None else (mbit + known) / 2
        self.dipped = False
        return self.mbit

    def fall(self, mbit: float, rate_mbit: float) -> None:
        """A queue stands at a rate: the first that is known of where the wall is now."""
        self._before_mbit = self.mbit or rate_mbit
        self._count(mbit)
        self.mbit = mbit

    def drained(self, mbit: float) -> float:
        """The queue is gone, and that much came through at last; where the wall stands now."""
        self.mbit = max(self.mbit or 0.0, mbit)
        self.dipped = self.mbit < self.config.dip * self._before_mbit
        return self.mbit

    def surface(self, mbit: float) -> float:
        """That much came through after a dip; where the wall stands now."""
        self.mbit = max(self.mbit or 0.0, min(mbit, self._before_mbit))
        return self.mbit

    def refine(self, samples: DelaySamples, through_mbit: float | None) -> None:
        """What comes through while a queue stands is what the network carries."""
        if self.mbit is None or through_mbit is None or not self._stands_at(through_mbit):
            return
        if samples.stood(self.config.full_ms, self.config.full_span_ms):
            self.mbit += self.config.settle * (through_mbit - self.mbit)

    def _count(self, mbit: float) -> None:
        self.times = self.times + 1 if self._stands_at(mbit) else 1

    def _stands_at(self, mbit: float) -> bool:
        return abs(mbit - (self.mbit or 0.0)) < self.config.same * mbit
