"""The small pieces keep their promises for any input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.smooth import Cooldown, Deadband, Ema, Hysteresis, Persist, RollingMean

FLOATS = st.floats(-1e6, 1e6)


@given(st.lists(FLOATS, min_size=1), st.floats(0.01, 1))
def test_ema_stays_between_the_extremes(values, alpha):
    ema = Ema(alpha)
    for value in values:
        ema.push(value)
    assert ema.value is not None
    assert min(values) - 1e-6 <= ema.value <= max(values) + 1e-6


def test_ema_takes_its_first_value_whole():
    ema = Ema(0.3)
    assert ema.push(10) == 10
    assert ema.push(20) == pytest.approx(13)


@given(st.lists(FLOATS, min_size=1), st.integers(1, 5))
def test_rolling_mean_is_the_mean_of_the_last(values, size):
    mean = RollingMean(size)
    for value in values:
        got = mean.push(value)
    last = values[-size:]
    assert got == pytest.approx(sum(last) / len(last))


def test_deadband_takes_either_reason():
    band = Deadband(absolute=5, relative=0.1)
    assert [band.push(x) for x in (20, 21, 23, 200, 206, 230)] == [
        True, False, True, True, True, True,
    ]  # fmt: skip
    assert not band.push(232)


@given(st.lists(FLOATS, min_size=1))
def test_deadband_holds_what_is_near(values):
    band = Deadband(absolute=10, relative=0.5)
    for value in values:
        held, taken = band.value, band.push(value)
        if held is not None and not taken:
            assert abs(value - held) <= 10
            assert abs(value - held) <= 0.5 * abs(held)
        assert band.value == (value if taken else held)


def test_persist_wants_the_same_candidate_in_a_row():
    persist = Persist(3)
    offered = ["a", "a", "b", "b", "b", None, None, None, None]
    assert [persist.push(c) for c in offered] == [False] * 4 + [True] + [False] * 4


def test_persist_starts_anew_after_reset():
    persist = Persist(2)
    persist.push("a")
    persist.reset()
    assert not persist.push("a")
    assert persist.push("a")


def test_cooldown_ends_a_hold_after_the_last_trigger():
    cooldown = Cooldown(30)
    pushes = [(0, True), (10, True), (39, False), (40, False), (41, True), (70, False)]
    assert [cooldown.push(t, triggered=on) for t, on in pushes] == [
        True, True, True, False, True, True,
    ]  # fmt: skip


@given(st.lists(st.floats(0, 1)))
def test_hysteresis_changes_only_at_its_thresholds(values):
    switch = Hysteresis(on=0.7, off=0.3)
    before = switch.state
    for value in values:
        after = switch.push(value)
        if after != before:
            assert value >= 0.7 if after else value <= 0.3
        before = after
