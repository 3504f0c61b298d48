"""Windows of a stream: bounded whatever the clock does, alike however the stream is cut."""

import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from airsonde.csi.spans import Spans


def cut(t_ns, cuts=(), most_bytes=1000):
    rows = np.arange(len(t_ns), dtype=np.float32)[:, None]
    stream, found = Spans(100, 50, most_bytes), []
    for times, part in zip(np.split(t_ns, cuts), np.split(rows, cuts), strict=True):
        found += [(w.start_ns, w.rows[:, 0].tolist()) for w in stream.push(times, part)]
    return found


def test_windows_overlap_and_the_last_is_not_given_out():
    found = cut(np.array([0, 10, 60, 120, 160, 190]))
    assert found == [(0, [0, 1, 2]), (50, [2, 3])]


@given(
    st.lists(st.integers(-40, 60), min_size=1, max_size=120),
    st.lists(st.integers(0, 120), max_size=6),
)
def test_the_cut_leaves_no_trace_even_where_windows_are_given_up(steps, cuts):
    t_ns = np.cumsum([step if step > 30 else min(step, 0) // 20 for step in steps])
    assert cut(t_ns, sorted(cuts), 7 * 12) == cut(t_ns, (), 7 * 12)


def test_a_clock_that_stands_still_does_not_fill_the_memory():
    stream, rows = Spans(10**9, 10**9), np.zeros((1000, 256), np.float32)
    t_ns = np.zeros(1000, np.int64)
    tracemalloc.start()
    found = [w for _ in range(150) for w in stream.push(t_ns, rows)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == []
    assert peak < 48 << 20
