"""A picture of bounded size shows every frame, whatever the length of the stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.picture import TimeColumns


def picture_of(t_ns, values, cuts=(), columns=64):
    columns = TimeColumns(columns)
    for t, v in zip(np.split(t_ns, cuts), np.split(values, cuts), strict=True):
        if len(t):
            columns.add(t, v)
    return columns.picture()


def ramp(n, step_ns):
    t_ns = np.arange(n, dtype=np.int64) * step_ns + 7
    return t_ns, np.stack([np.arange(n), np.full(n, 5)], axis=1).astype(np.float32)


@pytest.mark.parametrize("n", [1, 2, 100, 5000])
def test_length_and_level_are_kept(n):
    picture = picture_of(*ramp(n, 10_000_000))
    assert 1 <= len(picture.values) <= 64
    assert picture.seconds == pytest.approx(n * 0.01, rel=0.1, abs=0.16)
    assert np.allclose(picture.values[:, 1], 5)
    assert (np.diff(picture.values[:, 0]) >= 0).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=8).map(sorted))
def test_the_cut_of_the_stream_leaves_no_trace(cuts):
    t_ns, values = ramp(3000, 10_000_000)
    whole, cut = picture_of(t_ns, values), picture_of(t_ns, values, cuts)
    assert cut.seconds == whole.seconds
    assert np.allclose(cut.values, whole.values)


def test_a_real_gap_stays_empty_and_what_is_invalid_stays_so():
    t_ns, values = ramp(400, 10_000_000)
    t_ns[200:] += 4_000_000_000
    values[:, 1] = np.nan
    picture = picture_of(t_ns, values)
    empty = np.isnan(picture.values[:, 0])
    assert 0.3 < empty.mean() < 0.6
    assert np.isnan(picture.values[:, 1]).all()


def test_a_clock_that_jumps_does_not_squeeze_the_picture():
    t_ns, values = ramp(1000, 10_000_000)
    t_ns[300:] -= 10**18
    t_ns[600:] += 10**18
    assert picture_of(t_ns, values).seconds < 100


def test_without_frames_there_is_nothing_to_show():
    columns = TimeColumns()
    columns.add(np.array([1, 2]), np.full((2, 3), np.nan, dtype=np.float32))
    assert columns.picture().values.shape == (0, 0)
