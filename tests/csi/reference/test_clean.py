"""Cleaning against the reference's own numbers and against plain loops."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from airsonde.csi.reference.clean import (
    _median_of_7,
    clean,
    hampel,
    moving_average,
    remove_dc,
    unwrap,
)
from airsonde.csi.reference.model import Frames
from tests.csi.reference.build import published

ROW = np.array([[1, 2, 3, 50, 5, 6, 7, 8]], np.float32)
ROWS = arrays(
    np.float32, st.tuples(st.integers(1, 3), st.integers(1, 20)), elements=st.integers(-9, 9)
)


def test_hampel_replaces_the_outlier():
    values, replaced = published("hampel(3,3.0)")
    assert hampel(ROW).tolist() == [values]
    assert (hampel(ROW) != ROW).sum() == replaced


def test_moving_average_and_dc():
    assert np.array_equal(moving_average(ROW)[0], np.array(published("ma3"), np.float32))
    assert remove_dc(ROW).tolist() == [published("dc")]


def test_unwrap_in_single_precision():
    phase = np.array([[0, 3, -3, 0, 3.1, -3.1, 3.1]], np.float32)
    assert np.array_equal(unwrap(phase)[0], np.array(published("unwrap"), np.float32))


def test_a_step_of_exactly_half_a_turn_stays():
    phase = np.array([[0, np.pi, 0, -np.pi]], np.float32)
    assert np.array_equal(unwrap(phase), phase)


@pytest.fixture
def one_frame():
    csi = np.array([3 + 4j, 2j, -1, 10 - 10j, 2 + 2j, 2.5 + 0.5j, -4 - 3j, 1 - 1j])
    return Frames(
        place=np.array([0]),
        t_ns=np.array([1000]),
        quality=np.ones(1, np.float32),
        amplitude=np.abs(csi).astype(np.float32)[None],
        phase=np.angle(csi).astype(np.float32)[None],
    )


def test_a_whole_frame(one_frame):
    cleaned = clean(one_frame)
    assert cleaned.amplitude[0] == pytest.approx(published("cleaned amp"), rel=1e-5)
    assert cleaned.phase[0] == pytest.approx(published("cleaned phase"), rel=1e-6)


def test_a_baseline_of_another_size_is_ignored(one_frame):
    plain = clean(one_frame).amplitude
    assert np.array_equal(clean(one_frame, np.ones(7, np.float32)).amplitude, plain)
    assert np.array_equal(clean(one_frame, np.ones(8, np.float32)).amplitude, plain - 1)


def test_the_exchanges_find_the_median_of_seven():
    bits = np.array(list(product([0, 1], repeat=7)), np.float32)
    assert np.array_equal(_median_of_7(list(bits.T)), np.median(bits, axis=1))


@given(ROWS)
@settings(deadline=None, max_examples=80)
def test_hampel_is_what_a_loop_gives(rows):
    expected = rows.copy()
    for row, at in np.ndindex(rows.shape):
        around = rows[row, max(at - 3, 0) : at + 4]
        middle = np.median(around)
        spread = np.float32(1.4826) * np.median(np.abs(around - middle))
        if np.abs(rows[row, at] - middle) > 3 * spread:
            expected[row, at] = middle
    assert np.array_equal(hampel(rows), expected)


@given(ROWS)
@settings(deadline=None, max_examples=50)
def test_moving_average_is_what_a_loop_gives(rows):
    expected = [[row[max(i - 1, 0) : i + 2].mean() for i in range(len(row))] for row in rows]
    assert moving_average(rows) == pytest.approx(np.array(expected), rel=1e-5, abs=1e-6)
