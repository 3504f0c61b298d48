"""Small pure pieces that policies and detectors are made of."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ema:
    """Exponential moving average; the first value is taken as it is.

    `value = alpha * x + (1 - alpha) * value`, 0 < alpha ≤ 1.
    """

    alpha: float
    value: float | None = None

    def push(self, x: float) -> float:
        self.value = x if self.value is None else self.alpha * x + (1 - self.alpha) * self.value
        return self.value


@dataclass(slots=True)
class RollingMean:
    """Mean of the last `size` values (of fewer, until that many have come)."""

    size: int
    _kept: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        self._kept = deque(maxlen=self.size)

    def push(self, x: float) -> float:
        self._kept.append(x)
        return sum(self._kept) / len(self._kept)


@dataclass(slots=True)
class Deadband:
    """Hold a value until the input leaves its neighbourhood.

    A new input is taken over when it differs by more than `absolute`, or by more than
    `relative` times the held value; either suffices.
    """

    absolute: float
    relative: float
    value: float | None = None

    def push(self, x: float) -> bool:
        """Say whether `x` was taken over."""
        held = self.value
        if held is not None:
            change = abs(x - held)
            if change <= self.absolute and change <= self.relative * abs(held):
                return False
        self.value = x
        return True


@dataclass(slots=True)
class Persist:
    """True once the same candidate has been offered `need` times in a row."""

    need: int
    candidate: object = None
    seen: int = 0

    def push(self, candidate: object) -> bool:
        self.seen = self.seen + 1 if candidate == self.candidate else 1
        self.candidate = candidate
        return candidate is not None and self.seen >= self.need

    def reset(self) -> None:
        self.candidate, self.seen = None, 0


@dataclass(slots=True)
class Cooldown:
    """Active from a trigger until `hold_ns` after the last one."""

    hold_ns: int
    _until_ns: int | None = None

    def push(self, t_ns: int, *, triggered: bool) -> bool:
        """Say whether it is active at `t_ns`; the end of the hold is not."""
        if triggered:
            self._until_ns = t_ns + self.hold_ns
        return self._until_ns is not None and t_ns < self._until_ns


@dataclass(slots=True)
class Hysteresis:
    """On at or above `on`, off at or below `off`, unchanged between (off < on)."""

    on: float
    off: float
    state: bool = False

    def push(self, x: float) -> bool:
        if x >= self.on:
            self.state = True
        elif x <= self.off:
            self.state = False
        return self.state
