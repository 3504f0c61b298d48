"""The figures of the bench of latency under load, from samples whose answer is known."""

import pytest

from bench.bloat.figures import figures
from bench.bloat.promised import rows

SCRIPT, SECONDS = [(0, 24), (7, 6), (17, 24)], 27
CAPACITY_BYTES = 125e3 * (24 * 17 + 6 * 10)


def delays(added_ms):
    """Fifty probes a second from two seconds before the load on, over an empty path of 20 ms."""
    for i in range(-100, 27 * 50):
        ms = added_ms(i / 50)
        yield i / 50, None if ms is None else 20 + ms


def passed(share):
    return [(i / 10, share * CAPACITY_BYTES * i / 270, 0.0) for i in range(271)]


def told(added_ms, share=0.9):
    return figures(SCRIPT, SECONDS, list(delays(added_ms)), passed(share))


def test_an_empty_path_adds_nothing():
    quiet = told(lambda _: 0)
    assert (quiet.p50_ms, quiet.p95_ms, quiet.over_30, quiet.lost, quiet.settled_s) == (0,) * 5
    assert quiet.up == pytest.approx(0.9)
    assert quiet.down == 0


def test_delay_after_the_drop_counts_until_it_is_short_for_good():
    drop = told(lambda t: 200 if 7 <= t < 8 or 9 <= t < 9.5 else 0)
    assert drop.settled_s == pytest.approx(2.5, abs=0.05)
    assert drop.over_30 == pytest.approx(1.5 / 27, abs=0.001)
    assert drop.p95_ms == 200


def test_one_late_probe_is_no_relapse():
    assert told(lambda t: 90 if t == 12 else 0).settled_s == 0


def test_a_delay_that_stays_never_settles():
    assert told(lambda t: 50 if 7 <= t < 17 else 0).settled_s is None


def test_a_lost_probe_is_a_bad_one():
    lossy = told(lambda t: None if t >= 20 else 0)
    assert lossy.lost == pytest.approx(7 / 27, abs=0.002)
    assert lossy.over_30 == pytest.approx(lossy.lost)


def test_without_answers_there_are_no_figures():
    with pytest.raises(ValueError, match="no probe was answered"):
        told(lambda t: None if t >= 0 else 0)


def test_a_rate_far_too_low_misses_what_is_promised():
    medians = {"p95_ms": 5, "over_30": 0, "settled_s": 0, "cpu_s": 1, "changes": 2}
    verdicts = {
        row.name: row.verdict
        for row in rows("steps", "x", {"x": medians | {"up": 0.3, "down": 0.9}})
    }
    assert verdicts["added round trip, P95 (ms)"] == "met (≤ 100)"
    assert verdicts["used upwards (% of the capacity)"] == "MISSED (≥ 78)"
