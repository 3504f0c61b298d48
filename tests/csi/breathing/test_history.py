import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.breathing.history import STEP_NS, History

SECONDS = st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=12)


def rows(values):
    return np.array(values, dtype=np.float32)[:, None]


def test_bins_come_back_in_order_with_holes_marked():
    history = History(10)
    history.add(np.array([0, 1, 3, 4]) * STEP_NS, rows([1, 2, 4, 5]))
    history.add(np.array([4, 6]) * STEP_NS, rows([7, 8]))
    held, count = history.latest(10)
    assert count.tolist() == [1, 1, 0, 1, 2, 0, 1]
    assert held[count > 0, 0].tolist() == [1, 2, 4, 6, 8]


def test_only_the_newest_bins_are_kept():
    history = History(5)
    for number in range(40):
        history.add(np.array([number * STEP_NS]), rows([number]))
    held, count = history.latest(99)
    assert count.all()
    assert held[:, 0].tolist() == [35, 36, 37, 38, 39]
    assert history.latest(2)[0][:, 0].tolist() == [38, 39]


def test_late_frames_join_their_bin_and_too_late_ones_are_left_out():
    history = History(5)
    history.add(np.array([10 * STEP_NS]), rows([10]))
    history.add(np.array([8, 10]) * STEP_NS, rows([8, 20]))
    history.add(np.array([6 * STEP_NS]), rows([6]))
    held, count = history.latest(5)
    assert count.tolist() == [1, 0, 1, 0, 2]
    assert held[count > 0, 0].tolist() == [6, 8, 15]
    history.add(np.array([10, 4]) * STEP_NS, rows([15, 99]))
    assert 99 not in history.latest(5)[0]


def test_a_jump_of_the_clock_begins_anew():
    history = History(5)
    for start in (100, 0, 10**9):
        history.add(np.array([start * STEP_NS]), rows([start]))
        held, count = history.latest(5)
        assert (held[:, 0].tolist(), count.tolist()) == ([np.float32(start)], [1])


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(SECONDS, min_size=1, max_size=6))
def test_any_times_are_survived_in_bounded_memory(parts):
    history = History(20)
    for times in parts:
        history.add(np.array(times, dtype=np.int64), rows(np.ones(len(times))))
    held, count = history.latest(20)
    assert len(held) == len(count) <= 20
    assert held[count > 0].min() == held[count > 0].max() == 1
    assert history.held_bytes <= 20 * 12


def test_nothing_is_held_at_first():
    assert History(5).latest(5) is None
