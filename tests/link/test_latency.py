"""One direction's rate follows the delay it causes, and probes without making much of it."""

import functools
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.link.delay_samples import DelaySample
from airsonde.link.latency import LatencyConfig, RateLoop
from tests.link.build import S


def feed(loop, delays_ms, carried=None, start_s=0.0, most=80.0, behind=False):
    def sample(i, ms):
        t_ns = round((start_s + i / 20) * S)
        return DelaySample(t_ns=t_ns, delay_ms=ms, carried_mbit=carried, behind=behind)

    return [loop.push(sample(i, ms), most) for i, ms in enumerate(delays_ms)]


feed_behind = functools.partial(feed, behind=True)


def test_one_late_sample_is_noise():
    assert feed(RateLoop(start_mbit=20), [2, 60, 2, 60, 2], carried=1.0)[-1] == 20


def test_growing_delay_tells_what_the_network_carries():
    # 24 Mbit into 6: by the clock of arriving samples the delay grows 37.5 ms every 50
    loop = RateLoop(start_mbit=24)
    feed(loop, [0, 37.5, 75.0, 112.5], carried=24.0)
    assert loop.wall_mbit == pytest.approx(6.0)
    assert loop.mbit < 6.0


def test_behind_the_bottleneck_the_carried_rate_is_the_networks():
    loop = RateLoop(start_mbit=24)
    feed_behind(loop, [0, 40.0, 80.0], carried=6.0)
    assert loop.wall_mbit == pytest.approx(6.0)


def test_back_below_the_wall_when_drained():
    loop = RateLoop(start_mbit=24)
    feed_behind(loop, [0, 40.0, 80.0], carried=6.0)
    assert feed_behind(loop, [30.0], carried=6.0, start_s=1)[-1] < 6.0
    feed_behind(loop, [10.0], carried=6.0, start_s=1.05)
    assert loop.mbit == pytest.approx(LatencyConfig().below_wall * 6.0)


def test_a_rate_is_taken_back_at_once_however_little_was_cut():
    loop = RateLoop(start_mbit=24)
    cut = feed_behind(loop, [20.0, 20.0], carried=22.0)[-1]
    taken_back = feed_behind(loop, [2.0], carried=22.0, start_s=0.3)[-1]
    assert cut < 21 < taken_back < cut * (1 + LatencyConfig().dead_band)


def test_no_second_cut_before_the_first_can_show():
    loop = RateLoop(start_mbit=24)
    rates = feed_behind(loop, [100.0] * 5, carried=10.0)
    assert len(set(rates)) == 2
    assert loop.rule == "waiting for the last cut to show"


def test_a_second_cut_trusts_one_sample_only_so_far():
    loop = RateLoop(start_mbit=24)
    feed_behind(loop, [0, 40.0, 80.0], carried=6.0)
    feed_behind(loop, [80.0], carried=0.1, start_s=1)
    assert loop.wall_mbit == pytest.approx(3.0)


def test_a_dip_that_is_over_is_climbed_past():
    risen = []
    for low in (20.0, 6.0):  # what the network carries while the queue stands
        loop = RateLoop(start_mbit=24)
        for start_s, carried in ((0, 22.0), (3, low)):
            feed_behind(loop, [40.0, 60.0], carried=carried, start_s=start_s)
            feed_behind(loop, [4.0] * 3, carried=carried, start_s=start_s + 1)
        before = loop.mbit
        feed_behind(loop, [0.0] * 4, carried=80.0, start_s=4.15)
        risen.append(loop.mbit / before)
    assert risen[1] > 1.5 > 1.25 > risen[0]


def test_a_queue_that_forms_is_stopped_without_draining_it():
    loop = RateLoop(start_mbit=24)
    feed_behind(loop, [8.0, 13.0], carried=22.0)
    assert loop.wall_mbit == 22
    assert 0.9 * 22 < loop.mbit <= LatencyConfig().trim * 22


def test_one_very_late_sample_takes_no_more_than_a_queue_does():
    loop = RateLoop(start_mbit=24)
    feed_behind(loop, [8.0, 13.0], carried=22.0)
    feed_behind(loop, [0.0] * 8, carried=22.0, start_s=0.2)
    assert loop.mbit > 22
    feed_behind(loop, [2000.0], carried=22.0, start_s=0.6)
    assert loop.mbit >= (1 - LatencyConfig().deepest) * 22 * 0.99


def test_a_wall_that_was_found_again_is_left_alone_for_longer():
    loop, trimmed_s = RateLoop(start_mbit=24), []
    for i in range(400):
        delay_ms = 15.0 if loop.applied_mbit > 22 else 0.0
        feed_behind(loop, [delay_ms], carried=min(22.0, loop.applied_mbit), start_s=i / 20)
        if loop.rule.startswith("a queue forms"):
            trimmed_s.append(i / 20)
    pauses_s = [b - a for a, b in itertools.pairwise(trimmed_s)]
    assert pauses_s[-1] > pauses_s[0] + 0.3


def test_what_was_counted_during_a_dip_is_counted_again_after_it():
    loop = RateLoop(start_mbit=24)
    feed_behind(loop, [40.0, 60.0], carried=6.0)
    feed_behind(loop, [5.0], carried=8.0, start_s=1)
    feed_behind(loop, [0.0], carried=14.0, start_s=1.05)
    assert loop.wall_mbit == 14
    feed_behind(loop, [0.0], carried=90.0, start_s=1.09)
    assert loop.wall_mbit == 24


def test_what_the_network_does_not_carry_is_no_matter_of_trimming():
    for carried, behind in ((5.0, True), (None, True), (22.0, False)):
        loop = RateLoop(start_mbit=24)
        feed(loop, [8.0, 13.0], carried=carried, behind=behind)
        assert loop.mbit == 24


def test_the_longer_nothing_is_in_the_way_the_faster_it_climbs():
    loop = RateLoop(start_mbit=24)
    feed_behind(loop, [40.0, 60.0], carried=20.0)
    feed_behind(loop, [5.0], carried=20.0, start_s=1)
    climbed = feed_behind(loop, [0.0] * 20, carried=80.0, start_s=1.1)
    assert climbed[5] / climbed[0] < 1.25
    assert climbed[12] / climbed[6] > 1.5 * climbed[6] / climbed[0]


def behind_a_wall(wall_mbit, seconds, *, loop=None, start_s=0.0, alone=True):
    """(s, rate, delay, rule) of a loop whose every Mbit/s too much makes a queue; 20 looks a second.

    It answers for what it sees 100 ms late.
    """
    loop, queue_ms, late = loop or RateLoop(start_mbit=24), 0.0, [0.0, 0.0]
    looks = []
    for i in range(round(20 * seconds)):
        t_s = start_s + i / 20
        queue_ms = max(0.0, queue_ms + 50 * (loop.applied_mbit / wall_mbit - 1))
        late.append(queue_ms)
        carried = wall_mbit if queue_ms else min(wall_mbit, loop.applied_mbit)
        sample = DelaySample(
            t_ns=round(t_s * S), delay_ms=late[-3], carried_mbit=carried, behind=True
        )
        loop.push(sample, 80.0, alone=alone)
        looks.append((t_s, loop.applied_mbit, queue_ms, loop.rule))
    return loop, looks


@pytest.mark.parametrize("wall_mbit", [3.0, 6.0, 22.0, 60.0])
def test_a_probe_of_a_wall_that_stands_makes_a_short_queue(wall_mbit):
    _, looks = behind_a_wall(wall_mbit, 30)
    settled = [look for look in looks if look[0] > 10]
    assert max(queue_ms for _, _, queue_ms, _ in settled) < 25
    assert sum(queue_ms > 10 for _, _, queue_ms, _ in settled) < 0.2 * len(settled)
    assert min(rate for _, rate, _, _ in settled) > 0.8 * wall_mbit


@pytest.mark.parametrize("wall_mbit", [3.0, 6.0, 22.0])
def test_what_a_probe_made_is_drained_and_the_rate_taken_back(wall_mbit):
    _, looks = behind_a_wall(wall_mbit, 30)
    ends = [i for i, look in enumerate(looks[:-4]) if look[0] > 10 and "forms" in look[3]]
    assert ends
    for i in ends:
        rates = [rate / wall_mbit for _, rate, _, _ in looks[i : i + 5]]
        assert rates[0] < 0.93
        assert rates[-1] > 0.95


@pytest.mark.parametrize("wall_mbit", [3.0, 6.0, 22.0])
def test_a_wall_a_little_farther_off_is_not_leapt_over(wall_mbit):
    loop, _ = behind_a_wall(0.9 * wall_mbit, 20)
    _, looks = behind_a_wall(wall_mbit, 10, loop=loop, start_s=20)
    assert max(rate for _, rate, _, _ in looks) < 1.2 * wall_mbit
    assert max(queue_ms for _, _, queue_ms, _ in looks) < 30


@pytest.mark.parametrize("wall_mbit", [3.0, 6.0, 22.0])
def test_a_wall_that_is_gone_is_noticed(wall_mbit):
    loop, _ = behind_a_wall(wall_mbit, 20)
    _, looks = behind_a_wall(3 * wall_mbit, 4, loop=loop, start_s=20)
    assert looks[-1][1] > 2 * wall_mbit
    assert any(rule.startswith("no queue where") for *_, rule in looks)


def test_the_surer_the_wall_the_smaller_the_step():
    _, looks = behind_a_wall(22.0, 30)
    steps = [b / a for (_, a, _, _), (_, b, _, _) in itertools.pairwise(looks) if b > 1.03 * a]
    assert max(steps[-4:]) < 1.15


def test_no_probe_begins_while_the_other_direction_probes():
    loop, _ = behind_a_wall(22.0, 20)
    _, looks = behind_a_wall(22.0, 5, loop=loop, start_s=20, alone=False)
    assert max(rate for _, rate, _, _ in looks[20:]) <= 22.0
    assert looks[-1][3] == "the other direction makes a queue: resting"


def test_a_standing_queue_tells_what_the_network_carries():
    loop = RateLoop(start_mbit=24)
    feed_behind(loop, [8.0, 13.0], carried=22.0)
    feed_behind(loop, [14.0] * 20, carried=21.0, start_s=0.1)
    assert loop.wall_mbit == pytest.approx(21.0, rel=0.01)


def test_the_rate_climbs_the_slower_the_longer_the_queue():
    risen = []
    for delay_ms in (0.0, 8.0):
        loop = RateLoop(start_mbit=24)
        feed_behind(loop, [40.0, 60.0], carried=20.0)
        feed_behind(loop, [10.0] * 3, carried=20.0, start_s=1)
        feed_behind(loop, [delay_ms] * 10, carried=80.0, start_s=2)
        risen.append(loop.mbit)
    assert risen[0] > risen[1]


def test_delay_without_load_is_not_ours():
    assert feed(RateLoop(start_mbit=24), [100.0] * 200, carried=0.5)[-1] == 24


def test_a_path_of_unknown_rate_is_measured_by_the_first_cut():
    loop = RateLoop(start_mbit=1000)
    feed_behind(loop, [0.0, 40.0, 80.0], carried=100.0, most=1000.0)
    assert loop.wall_mbit == pytest.approx(100)


def test_delay_that_does_not_follow_the_rate_is_given_up():
    loop = RateLoop(start_mbit=24)
    rates = feed(loop, [200.0] * 160)
    assert min(rates) < 6
    assert rates[-1] == 80


def test_an_unused_rate_does_not_climb():
    assert feed(RateLoop(start_mbit=20), [1.0] * 200, carried=5.0)[-1] == 20
    assert feed(RateLoop(start_mbit=20), [1.0] * 200, carried=80.0)[-1] == pytest.approx(
        80, rel=LatencyConfig().dead_band
    )


@given(st.lists(st.tuples(st.floats(0, 3000), st.none() | st.floats(0, 1000)), max_size=80))
def test_the_rate_stays_in_bounds(samples):
    loop = RateLoop(start_mbit=20)
    rates = [
        loop.push(DelaySample(t_ns=i * S // 20, delay_ms=d, carried_mbit=c), 80.0)
        for i, (d, c) in enumerate(samples)
    ]
    assert all(LatencyConfig().least_mbit <= r <= 80 for r in rates)


@given(st.lists(st.floats(0, 3000), min_size=100, max_size=100))
def test_changes_are_bounded(delays):
    """Down no more often than every refractory time, up only in steps that are worth it."""
    rates = feed(RateLoop(start_mbit=20), delays, carried=80.0)
    falls = sum(b < a for a, b in itertools.pairwise(rates))
    rises = [b / a for a, b in itertools.pairwise(rates) if b > a]
    assert falls <= 5 / 0.2 + 1
    assert all(rise > 0.999 + LatencyConfig().small for rise in rises)


def test_it_disturbs_the_other_direction_while_it_probes_and_not_for_ever():
    loop, looks = behind_a_wall(6.0, 30)
    probes = [t for t, _, _, rule in looks if "does a queue form" in rule]
    assert not loop.disturbs(round((probes[-1] + 1.1) * S))
    _, looks = behind_a_wall(6.0, 5, loop=loop, start_s=30)
    began = next(i for i, look in enumerate(looks) if "does a queue form" in look[3])
    loop, _ = behind_a_wall(6.0, 30)
    behind_a_wall(6.0, (began + 1) / 20, loop=loop, start_s=30)
    begun_ns = round((30 + began / 20) * S)
    assert loop.disturbs(begun_ns + S // 10)
    assert not loop.disturbs(begun_ns + 2 * S)
