"""Steps compose without changing what they say, and time is the observations' own."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.step import Every, Fan, Pipe


@dataclass(frozen=True, slots=True)
class Tick:
    t_ns: int


class Times:
    def step(self, obs: Tick, /) -> Sequence[int]:
        return [obs.t_ns]


class Twice:
    def step(self, obs: int, /) -> Sequence[int]:
        return [obs, obs]


def test_fan_joins_in_order():
    fan = Fan[int, int](Twice(), Twice())
    assert fan.step(3) == [3, 3, 3, 3]


def test_pipe_feeds_every_output_on():
    assert Pipe[Tick, int, int](Times(), Twice()).step(Tick(5)) == [5, 5]


def test_every_lets_one_through_a_period():
    every = Every[Tick, int](10, Times())
    assert [t for n in (0, 4, 9, 10, 19, 20) for t in every.step(Tick(n))] == [0, 10, 20]


def test_every_recovers_from_a_clock_that_jumps_back():
    every = Every[Tick, int](10, Times())
    assert [t for n in (1000, 3, 5, 13) for t in every.step(Tick(n))] == [1000, 3, 13]


@given(st.lists(st.integers(0, 1000)), st.integers(1, 50))
def test_every_passes_are_a_period_apart(times, period):
    every = Every[Tick, int](period, Times())
    passed = [t for n in sorted(times) for t in every.step(Tick(n))]
    assert all(b - a >= period for a, b in itertools.pairwise(passed))
    assert bool(passed) == bool(times)
