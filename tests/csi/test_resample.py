import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.resample import binned, bridged

STEP = 200_000_000
TIMES = st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=60)


def test_frames_of_one_bin_become_their_mean():
    t_ns = np.array([0, 50, 190, 200, 650]) * 1_000_000
    bins = binned(t_ns, np.arange(5, dtype=np.float32)[:, None], STEP)
    assert bins.number.tolist() == [0, 1, 3]
    assert bins.count.tolist() == [3, 1, 1]
    assert bins.rows[:, 0].tolist() == [1, 3, 4]


@settings(max_examples=100, deadline=None)
@given(times=TIMES, seed=st.integers(0, 99))
def test_the_order_of_frames_does_not_matter_and_none_is_lost(times, seed):
    t_ns = np.array(times, dtype=np.int64)
    rows = np.arange(len(t_ns), dtype=np.float32)[:, None]
    plain = binned(t_ns, rows, STEP)
    order = np.random.default_rng(seed).permutation(len(t_ns))
    mixed = binned(t_ns[order], rows[order], STEP)
    assert np.array_equal(plain.number, mixed.number)
    assert np.array_equal(plain.count, mixed.count)
    assert np.allclose(plain.rows, mixed.rows)
    assert plain.count.sum() == len(t_ns)
    assert (np.diff(plain.number) > 0).all()


def test_missing_rows_lie_on_a_line_between_their_neighbours():
    rows = np.array([[9], [2], [7], [7], [8], [7]], np.float32)
    real = np.array([False, True, False, False, True, False])
    assert bridged(rows, real)[:, 0].tolist() == [2, 2, 4, 6, 8, 8]
    assert bridged(rows, np.ones(6, bool)) is rows
    assert not bridged(rows, np.zeros(6, bool)).any()
