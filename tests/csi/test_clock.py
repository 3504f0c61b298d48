import numpy as np
import pytest

from airsonde.csi.clock import Unwrapped

FULL = 1 << 32


def unwrap(*readings):
    return Unwrapped(32).unwrap(np.array(readings, dtype=np.uint32)).tolist()


def test_a_wrap_is_counted_on():
    assert unwrap(FULL - 5, 3, 8) == [FULL - 5, FULL + 3, FULL + 8]


def test_a_late_reading_from_before_the_wrap_goes_back():
    assert unwrap(FULL - 5, 3, FULL - 2, 9) == [FULL - 5, FULL + 3, FULL - 2, FULL + 9]


def test_going_back_a_little_is_what_the_source_says():
    assert unwrap(1000, 400, 1200) == [1000, 400, 1200]


@pytest.mark.parametrize("bit", [0, 20, 30, 31])
@pytest.mark.parametrize("base", [1000, FULL // 2 - 40, FULL // 2 + 1000])
def test_one_damaged_reading_leaves_its_neighbours_alone(base, bit):
    readings = [base, base + 10, base + 20, base + 30]
    damaged = list(readings)
    damaged[1] ^= 1 << bit
    got = unwrap(*damaged)
    assert [got[0], *got[2:]] == [readings[0], *readings[2:]]


def test_it_remembers_from_call_to_call():
    clock = Unwrapped(32)
    assert clock.unwrap(np.array([FULL - 1])).tolist() == [FULL - 1]
    assert clock.unwrap(np.array([], dtype=np.int64)).tolist() == []
    assert clock.unwrap(np.array([1])).tolist() == [FULL + 1]
