"""Text of float32 numbers: shortest, exact, spelt as the reference spells them."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from airsonde.captures.float_text import number_text, row_texts, shortest_doubles

SPELT = ["0.0", "-0.0", "1.0", "0.1", "0.25", "0.001", "0.0001", "0.00001", "0.000001", "1e-7"]
SPELT += ["1.5e-7", "123456.78", "10000000.0", "1000000000000.0", "1e13", "1e15", "1e16", "1.5e16"]
SPELT += ["1e17", "3.4e38", "16777216.0", "0.3", "0.33333334", "0.6666667"]


def slow_row(row):
    return b"[" + b",".join(number_text(x) for x in row) + b"]"


def test_spelling_is_the_reference_s():
    values = np.array([float(s) for s in SPELT], np.float32)
    assert row_texts(values[None]) == [("[" + ",".join(SPELT) + "]").encode()]
    assert [number_text(v).decode() for v in values] == SPELT


def test_what_is_not_finite_is_null():
    assert row_texts(np.array([[np.nan, np.inf, 1]], np.float32)) == [b"[null,null,1.0]"]


def test_empty_rows_and_no_rows():
    assert row_texts(np.empty((2, 0), np.float32)) == [b"[]", b"[]"]
    assert row_texts(np.empty((0, 4), np.float32)) == []


@pytest.mark.parametrize("whole", [True, False])
def test_many_rows_over_the_chunk_border(whole):
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(300, 64)).astype(np.float32) * 100
    matrix = np.rint(matrix) + np.float32(0) if whole else matrix
    assert row_texts(matrix) == [slow_row(r) for r in matrix]


@settings(max_examples=100, deadline=None)
@given(arrays(np.float32, (2, 5), elements=st.floats(width=32)))
def test_any_float_is_written_as_the_slow_way_writes_it(matrix):
    assert row_texts(matrix) == [slow_row(r) for r in matrix]


@settings(max_examples=100, deadline=None)
@given(arrays(np.float32, 8, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_text_comes_back_to_the_same_float(row):
    back = np.array(json.loads(row_texts(row[None])[0]), np.float32)
    assert np.array_equal(back.view(np.int32), row.view(np.int32))
    assert np.array_equal(shortest_doubles(row).astype(np.float32), row)
