"""A capture is played at its own pace; what is played does not depend on the pace."""

import numpy as np
import pytest

from airsonde.apps.paced import Pace, paced_blocks
from airsonde.captures.model import Reader
from airsonde.core.errors import ConfigError
from airsonde.radios.sim.capture import SimulatedCapture
from tests.csi.test_windowing import stream

SECOND = 1_000_000_000


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now_s = 100.0

    def clock(self):
        return self.now_s

    def sleep(self, seconds):
        assert seconds > 0
        self.now_s += seconds


class Blocks:
    """A reader of given blocks."""

    def __init__(self, *blocks):
        self._blocks = blocks

    def blocks(self):
        yield from self._blocks


def played(reader: Reader, speed):
    time = Time()
    pace = Pace(speed, time.clock, time.sleep)
    return [(time.now_s - 100, block) for block in paced_blocks(reader, pace)], time


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 10), (4.0, 2.5), (0.0, 0)])
def test_it_takes_as_long_as_it_took(speed, seconds):
    _, time = played(SimulatedCapture(seconds=10), speed)
    assert time.now_s - 100 == pytest.approx(seconds, abs=0.3)


def test_frames_come_when_their_time_has_come():
    blocks, _ = played(SimulatedCapture(seconds=5), 1.0)
    start_ns = blocks[0][1][0].t_ns[0]
    for at_s, (batch, *_) in blocks:
        assert -1e-6 <= at_s - (batch.t_ns[0] - start_ns) / 1e9 < 0.01
        assert batch.t_ns[-1] - batch.t_ns[0] < SECOND // 10


def test_nothing_is_lost_and_the_order_stays():
    t = np.sort(np.random.default_rng(5).integers(0, 3 * SECOND, 500))
    batches = stream(t, np.arange(500) % 2)
    blocks, _ = played(Blocks(batches), 0.0)
    order = [sorted(i for b in block for i in b.index.tolist()) for _, block in blocks]
    assert [i for part in order for i in part] == list(range(500))


def test_a_long_gap_is_not_waited_for():
    batches = stream(np.array([0, 3600 * SECOND]), [0, 0])
    _, time = played(Blocks(batches), 1.0)
    assert time.now_s - 100 == pytest.approx(10)


def test_a_clock_that_goes_back_is_followed():
    batches = stream(np.array([50, 51, 3, 4]) * SECOND, [0] * 4)
    _, time = played(Blocks(batches), 1.0)
    assert time.now_s - 100 == pytest.approx(2)


@pytest.mark.parametrize("speed", [-1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none(speed):
    with pytest.raises(ConfigError, match="cannot be played"):
        Pace(speed)
