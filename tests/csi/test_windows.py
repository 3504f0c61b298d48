"""Windows of a lane: nothing is lost, nothing depends on how the stream was cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.batches import take
from airsonde.csi.model import Family, FrameBatch, Lane
from airsonde.csi.windows import LaneWindows, WindowShape

SECOND = 1_000_000_000
LANE = Lane(
    number=0,
    source="s",
    family=Family.SIM,
    subcarriers=np.arange(-2, 3, dtype=np.int16),
    valid=np.array([True, True, False, True, True]),
)


def frames(t_ns):
    n = len(t_ns)
    csi = np.exp(1j * np.arange(n * 5)).reshape(n, 1, 1, 5).astype(np.complex64)
    return FrameBatch(lane=LANE, index=np.arange(n), t_ns=np.asarray(t_ns, np.int64), csi=csi)


def cuts(t_ns, shape, pieces=()):
    windows = LaneWindows(LANE, shape)
    batch = frames(t_ns)
    edges = [0, *sorted(pieces), len(batch)]
    done = []
    for first, stop in pairwise(edges):
        if first < stop:
            done += windows.push(take(batch, slice(first, stop)))
    return done + windows.flush()


def seen(cut):
    return cut.by, cut.start_ns, cut.end_ns, cut.frames.index.tolist(), cut.rejected


def test_a_second_every_half_second():
    done = cuts(np.arange(0, 30) * SECOND // 10 + SECOND, WindowShape(length=1.0, hop=0.5))
    assert [(c.start_ns, c.end_ns, len(c.frames)) for c in done[:3]] == [
        (SECOND, 2 * SECOND, 10),
        (SECOND * 3 // 2, SECOND * 5 // 2, 10),
        (2 * SECOND, 3 * SECOND, 10),
    ]
    assert done[0].by == 10
    assert done[0].amplitude.shape == (10, 4)


def test_windows_begin_at_multiples_of_the_hop():
    first, *_ = cuts(np.arange(30) * SECOND // 10 + SECOND * 7 // 10, WindowShape())
    assert first.start_ns == SECOND // 2
    assert len(first.frames) == 8


def test_sixteen_frames_tumbling():
    shape = WindowShape(length=16, hop=16, by_count=True)
    done = cuts(np.arange(40) * SECOND, shape)
    assert [len(c.frames) for c in done] == [16, 16, 8]
    assert done[1].start_ns == 16 * SECOND
    assert done[1].end_ns == 31 * SECOND + 1


def test_sliding_by_count():
    done = cuts(np.arange(20) * SECOND, WindowShape(length=8, hop=4, by_count=True))
    assert [c.frames.index[0] for c in done] == [0, 4, 8, 12]


def test_a_gap_holds_no_empty_windows():
    t = np.concatenate([np.arange(10), np.arange(10) + 100]) * SECOND // 10
    done = cuts(t, WindowShape(length=1.0, hop=1.0))
    assert [len(c.frames) for c in done] == [10, 10]


def test_a_clock_that_stands_still_is_bounded():
    done = cuts(np.zeros(100, np.int64), WindowShape(most_frames=30))
    assert [len(c.frames) for c in done] == [30, 30, 30, 10]


def test_rejected_frames_are_told_by_the_window_behind_them():
    windows = LaneWindows(LANE, WindowShape(length=1.0, hop=1.0))
    windows.reject(np.array([3, 4, 25]))
    done = windows.push(frames(np.arange(30) * SECOND // 10)) + windows.flush()
    assert [c.rejected for c in done] == [2, 0, 1]


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(st.integers(-SECOND, 3 * SECOND // 2), min_size=1, max_size=60),
    pieces=st.lists(st.integers(0, 60), max_size=6),
    shape=st.sampled_from(
        [
            WindowShape(),
            WindowShape(length=1.0, hop=1.0),
            WindowShape(length=2.0, hop=0.25, most_frames=5),
            WindowShape(length=5, hop=2, by_count=True),
        ]
    ),
)
def test_every_frame_is_in_a_window_wherever_the_stream_was_cut(steps, pieces, shape):
    t_ns = 5 * SECOND + np.cumsum(steps)
    whole = cuts(t_ns, shape)
    assert {i for c in whole for i in c.frames.index.tolist()} == set(range(len(t_ns)))
    pieces = [p for p in pieces if p <= len(t_ns)]
    assert [seen(c) for c in cuts(t_ns, shape, pieces)] == [seen(c) for c in whole]


@pytest.mark.parametrize("gain", [1e-3, 1.0, 1e6])
def test_amplitude_has_no_scale(gain):
    batch = frames(np.arange(20) * SECOND // 10)
    scaled = FrameBatch(lane=LANE, index=batch.index, t_ns=batch.t_ns, csi=batch.csi * gain)
    one = LaneWindows(LANE, WindowShape()).push(batch)[0].amplitude
    two = LaneWindows(LANE, WindowShape()).push(scaled)[0].amplitude
    np.testing.assert_allclose(one, two, rtol=1e-5)
