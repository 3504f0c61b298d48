"""Where a queue begins to form is learnt, confirmed, corrected and forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.link.delay_samples import DelaySample, DelaySamples
from airsonde.link.wall import Wall, WallConfig
from tests.link.build import S

MBIT = st.floats(0.5, 1000)


def met(*mbits):
    wall = Wall(WallConfig())
    for mbit in mbits:
        wall.meet(mbit)
    return wall


def standing(delays_ms, every_s=0.05):
    samples = DelaySamples()
    for i, ms in enumerate(delays_ms):
        samples.push(DelaySample(t_ns=round(i * every_s * S), delay_ms=ms))
    return samples


def test_a_wall_that_stands_is_counted_and_averaged():
    wall = met(20.0, 21.0, 20.5)
    assert wall.times == 3
    assert wall.mbit == pytest.approx(20.5)


def test_a_wall_elsewhere_begins_anew():
    wall = met(20.0, 20.0, 15.0)
    assert (wall.mbit, wall.times) == (15.0, 1)


def test_a_fall_may_be_a_dip():
    wall = met(22.0)
    wall.fall(6.0, 23.0)
    assert wall.drained(8.0) == 8.0
    assert wall.dipped
    assert wall.known_mbit == 22.0
    assert wall.surface(90.0) == 22.0
    wall.meet(6.0)
    assert not wall.dipped
    assert wall.known_mbit == 6.0


def test_nothing_is_known_before_a_queue_was_seen():
    assert Wall(WallConfig()).known_mbit == 0
    wall = Wall(WallConfig())
    wall.refine(standing([50.0] * 10), 6.0)
    assert wall.mbit is None


@pytest.mark.parametrize(
    ("delays_ms", "through", "corrected"),
    [
        ([12.0] * 4, 21.0, True),
        ([12.0, 12.0, 2.0, 12.0], 21.0, False),  # empty meanwhile: less may come through
        ([12.0] * 4, 12.0, False),  # not the same wall
        ([12.0] * 4, None, False),
        ([12.0] * 2, 21.0, False),
    ],
)
def test_what_comes_through_a_standing_queue_corrects_it(delays_ms, through, corrected):
    wall = met(20.0)
    wall.refine(standing(delays_ms), through)
    assert (wall.mbit > 20.0) == corrected


@given(st.lists(MBIT, min_size=1, max_size=30))
def test_a_wall_lies_among_what_came_through(mbits):
    wall = met(*mbits)
    assert min(mbits) * 0.999 <= wall.mbit <= max(mbits) * 1.001
    assert 1 <= wall.times <= len(mbits)


@given(MBIT, MBIT, MBIT, MBIT)
def test_after_a_fall_it_is_known_at_least_as_far_as_it_stands(first, fallen, drained, surfaced):
    wall = met(first)
    wall.fall(fallen, first)
    wall.drained(drained)
    wall.surface(surfaced)
    assert wall.mbit >= max(fallen, drained)
    assert wall.dipped or wall.known_mbit == wall.mbit
