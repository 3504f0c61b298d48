"""The one shape every decision has, and three ways to join decisions."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Hashable, Sequence
from typing import Generic, Protocol, TypeVar

In = TypeVar("In")
Mid = TypeVar("Mid")
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


class Step(Protocol[In_contra, Out_co]):
    """Turn one observation into zero or more outputs, touching nothing else."""

    def step(self, obs: In_contra, /) -> Sequence[Out_co]: ...


class Source(Protocol[Out_co]):
    """Yield observations from the world."""

    def __aiter__(self) -> AsyncIterator[Out_co]: ...
    async def aclose(self) -> None: ...


class Sink(Protocol[In_contra]):
    """Carry one output into the world."""

    async def put(self, out: In_contra, /) -> None: ...


class Timed(Protocol):
    """An observation that carries its own time, in nanoseconds."""

    @property
    def t_ns(self) -> int: ...


Obs = TypeVar("Obs", bound=Timed)


class Setting(ABC):
    """An output that states how a knob should stand; saying it twice changes nothing."""

    @property
    @abstractmethod
    def knob(self) -> Hashable:
        """What this setting turns; two settings with equal knobs exclude each other."""


class Fan(Generic[In, Out]):
    """Give one observation to several steps and join what they say, in order."""

    def __init__(self, *steps: Step[In, Out]) -> None:
        self.steps = steps

    def step(self, obs: In, /) -> Sequence[Out]:
        return [out for s in self.steps for out in s.step(obs)]


class Pipe(Generic[In, Mid, Out]):
    """Feed what one step says to the next."""

    def __init__(self, first: Step[In, Mid], then: Step[Mid, Out]) -> None:
        self.first = first
        self.then = then

    def step(self, obs: In, /) -> Sequence[Out]:
        return [out for mid in self.first.step(obs) for out in self.then.step(mid)]


class Every(Generic[Obs, Out]):
    """Let an observation through at most once per period, by the observations' own clock.

    A clock that jumps back by more than a period starts the count anew.
    """

    def __init__(self, period_ns: int, inner: Step[Obs, Out]) -> None:
        self.period_ns = period_ns
        self.inner = inner
        self._last_ns: int | None = None

    def step(self, obs: Obs, /) -> Sequence[Out]:
        if self._last_ns is not None and abs(obs.t_ns - self._last_ns) < self.period_ns:
            return ()
        self._last_ns = obs.t_ns
        return self.inner.step(obs)
