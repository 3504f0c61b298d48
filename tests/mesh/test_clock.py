"""The offset between two clocks: small reported error, and an honest one."""

import random

import pytest

from airsonde.mesh.clock import ClockEstimator

MS, SECOND = 1_000_000, 1_000_000_000
JITTERS = {
    "uniform": lambda rng: rng.uniform(0, 20 * MS),
    "exponential": lambda rng: rng.expovariate(1 / (10 * MS)),
    "half normal": lambda rng: abs(rng.gauss(0, 10 * MS)),
}


class Pair:
    """Two clocks, the own one off by half an hour and drifting, and a network that delays."""

    def __init__(self, seed, delay, drift_ppm, *, two_way=False):
        self.rng = random.Random(seed)
        self.delay, self.two_way = delay, two_way
        self.drift, self.offset_ns = drift_ppm * 1e-6, self.rng.uniform(-2e12, 2e12)
        self.clock = ClockEstimator()
        self.now_ns = 0

    def own(self, t_ns):
        return int(self.offset_ns + t_ns * (1 + self.drift))

    def run(self, seconds):
        """Sync every 100 ms, one message back a second; (error, reported) twice a second."""
        seen = []
        for i in range(seconds * 10):
            t_ns = self.now_ns = self.now_ns + 100 * MS
            arrives = t_ns + 50_000 + self.delay(self.rng)
            self.clock.received(own_ns=self.own(arrives), anchor_ns=t_ns)
            if self.two_way and i % 10 == 5:
                back = t_ns + 50_000 + self.delay(self.rng)
                self.clock.sent(own_ns=self.own(t_ns), anchor_ns=int(back))
            estimate = self.clock.estimate(self.own(t_ns))
            if i % 5 == 0 and estimate is not None:
                true_ns = self.own(t_ns) - t_ns
                seen.append((abs(estimate.offset_ns - true_ns), estimate.error_ns))
        return seen


@pytest.mark.parametrize("two_way", [False, True], ids=["one way", "two ways"])
@pytest.mark.parametrize("jitter", JITTERS)
def test_under_twenty_milliseconds_of_jitter(jitter, two_way):
    seen = []
    for seed, drift_ppm in enumerate([-50, 0, 20, 50]):
        pair = Pair(seed, JITTERS[jitter], drift_ppm, two_way=two_way)
        pair.run(30)
        seen += pair.run(60)
    reported = sorted(error_ns for _, error_ns in seen)
    honest = sum(true_ns <= error_ns for true_ns, error_ns in seen) / len(seen)
    assert reported[int(0.95 * len(reported))] <= 1 * MS
    assert honest >= 0.95


@pytest.mark.parametrize("two_way", [False, True], ids=["one way", "two ways"])
def test_on_loopback(two_way):
    pair = Pair(3, lambda rng: rng.expovariate(1 / 20_000), 10, two_way=two_way)
    seen = pair.run(40)[40:]
    assert all(true_ns <= error_ns <= 400_000 for true_ns, error_ns in seen)


def test_the_report_is_honest_from_the_beginning():
    for two_way in (False, True):
        seen = []
        for seed in range(20):
            seen += Pair(seed, JITTERS["uniform"], 40, two_way=two_way).run(15)
        assert sum(true_ns <= error_ns for true_ns, error_ns in seen) >= 0.95 * len(seen)


def test_nothing_is_known_before_three_blocks():
    pair = Pair(1, JITTERS["uniform"], 0)
    assert pair.run(1) == []
    assert pair.clock.estimate(pair.own(pair.now_ns)) is None
    pair.run(3)
    assert pair.clock.estimate(pair.own(pair.now_ns)) is not None


def test_stamps_out_of_order_do_no_harm():
    pair = Pair(1, JITTERS["uniform"], 0, two_way=True)
    pair.run(30)
    early = pair.own(pair.now_ns - 20 * SECOND)
    pair.clock.received(own_ns=early, anchor_ns=0)
    pair.clock.sent(own_ns=early, anchor_ns=0)
    estimate = pair.clock.estimate(pair.own(pair.now_ns))
    assert abs(estimate.offset_ns - pair.own(pair.now_ns) + pair.now_ns) <= estimate.error_ns


def test_what_is_old_is_forgotten():
    pair = Pair(1, JITTERS["uniform"], 0)
    pair.run(10)
    assert pair.clock.estimate(pair.own(pair.now_ns + 300 * SECOND)) is None


@pytest.mark.parametrize("step_ms", [-500, 500])
@pytest.mark.parametrize("two_way", [False, True], ids=["one way", "two ways"])
def test_a_clock_that_is_set_is_noticed(step_ms, two_way):
    seen = []
    for seed in range(5):
        pair = Pair(seed, JITTERS["uniform"], 10, two_way=two_way)
        pair.run(40)
        pair.offset_ns += step_ms * MS
        pair.run(10)
        seen += pair.run(20)
    assert sum(true_ns <= error_ns for true_ns, error_ns in seen) >= 0.95 * len(seen)
    assert max(error_ns for _, error_ns in seen) < 10 * MS


def test_moments_are_converted_to_the_anchors_clock():
    pair = Pair(6, JITTERS["exponential"], 30, two_way=True)
    pair.run(60)
    estimate = pair.clock.estimate(pair.own(pair.now_ns))
    later = pair.now_ns + SECOND
    assert abs(estimate.to_anchor_ns(pair.own(later)) - later) < 1 * MS
    assert abs(estimate.drift_ppm - 30) < 10
