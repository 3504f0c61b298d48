"""Which direction answers for a delay, and with what rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.link.blame import ACKED_SHARE, FRAME_BYTES, PAYLOAD_BYTES, Blame, Growth
from airsonde.link.model import Direction
from tests.link.build import S, seen

UP, DOWN = Direction.EGRESS, Direction.INGRESS


def bytes_of(t_s, mbit):
    return round(t_s * mbit * 125e3)


def blamed(looks, up_mbit=10.0, down_mbit=10.0, acked_mbit=10.0):
    """What is said of the last of some looks, 50 ms apart, while this much flows."""
    blame, said = Blame(), {}
    for i, words in enumerate(looks):
        t_s = i / 20
        counted = {
            "tx_bytes": bytes_of(t_s, up_mbit),
            "rx_bytes": bytes_of(t_s, down_mbit),
            "acked_bytes": bytes_of(t_s, acked_mbit * PAYLOAD_BYTES / FRAME_BYTES),
        }
        said = blame.push(seen(t_s, **counted, **words))
    return said


def test_of_both_loaded_directions_the_gateway_tells_of_the_downlink():
    quiet = [{"gateway_rtt_ms": 2.0, "bulk_delay_ms": 0.0}] * 2
    said = blamed([*quiet, *[{"gateway_rtt_ms": 42.0, "bulk_delay_ms": 60.0}] * 20])
    assert said[DOWN].delay_ms == pytest.approx(40, abs=0.1)
    assert said[UP].delay_ms == pytest.approx(20, abs=0.2)
    assert said[UP].carried_mbit == pytest.approx(10 * (1 + ACKED_SHARE), rel=0.01)
    assert said[DOWN].carried_mbit == pytest.approx(10, rel=0.01)
    assert said[UP].behind
    assert said[DOWN].behind


@pytest.mark.parametrize(
    ("waits_ms", "up_ms"), [(None, 80), (8.0, 80), (32.0, None), (200.0, None), (900.0, 80)]
)
def test_while_an_answer_is_late_nothing_is_blamed_on_the_uplink(waits_ms, up_ms):
    quiet = [{"gateway_rtt_ms": 2.0, "bulk_delay_ms": 0.0}] * 2
    said = blamed([*quiet, {"bulk_delay_ms": 80.0, "gateway_waits_ms": waits_ms}])
    assert (said[UP].delay_ms if UP in said else None) == up_ms


def test_after_a_pause_an_old_answer_clears_nobody():
    blame = Blame()
    words = {"gateway_rtt_ms": 2.0, "bulk_delay_ms": 80.0}
    known = [
        UP
        in blame.push(seen(t_s, acked_bytes=bytes_of(t_s, 10), rx_bytes=bytes_of(t_s, 10), **words))
        for t_s in (0.0, 0.1, 0.2, 0.7, 0.8)
    ]
    assert known[1:] == [True, True, False, True]


def test_what_waits_in_our_own_queue_is_not_the_networks():
    said = blamed([{"bulk_delay_ms": 30.0, "queue_ms": 25.0}] * 10)
    assert said[UP].delay_ms == pytest.approx(5, abs=0.1)
    assert blamed([{"bulk_delay_ms": 30.0, "queue_ms": 90.0}] * 10)[UP].delay_ms == 0


def test_a_queue_that_just_left_ours_was_in_it_when_the_round_trip_was_measured():
    full, left = {"bulk_delay_ms": 30.0, "queue_ms": 30.0}, {"bulk_delay_ms": 30.0, "queue_ms": 0.0}
    assert blamed([full] * 10 + [left])[UP].delay_ms < 20
    assert blamed([full] * 10 + [left] * 6)[UP].delay_ms > 29


def test_an_upload_alone_answers_for_the_gateway_too():
    looks = [{"gateway_rtt_ms": ms, "bulk_delay_ms": ms} for ms in (2.0, 40.0, 40.0)]
    said = blamed(looks, down_mbit=0.5)
    assert said.keys() == {UP}
    assert said[UP].delay_ms == 40


def test_without_an_answer_nothing_new_is_known_of_the_downlink():
    assert blamed([{"bulk_delay_ms": 30.0}] * 3).keys() == {UP}


def test_where_nobody_sends_much_the_fuller_direction_answers():
    looks = [{"gateway_rtt_ms": 2.0}] * 2 + [{"gateway_rtt_ms": 32.0, "tcp_delay_ms": 50.0}]
    said = blamed(looks, up_mbit=1.0)
    assert said.keys() == {DOWN}
    assert said[DOWN].delay_ms == 50
    said = blamed(looks, up_mbit=20.0)
    assert said.keys() == {UP}
    assert said[UP].carried_mbit == pytest.approx(20)
    assert not said[UP].behind


def test_delays_that_are_known_by_direction_need_no_blame():
    said = blamed([{"up_delay_ms": 1.0, "down_delay_ms": 7.0, "bulk_delay_ms": 90.0}] * 3)
    assert (said[UP].delay_ms, said[DOWN].delay_ms) == (1.0, 7.0)


def test_a_gateway_that_moved_away_is_forgiven():
    blame = Blame()
    blame.push(seen(0, gateway_rtt_ms=2.0))
    assert blame.push(seen(1, gateway_rtt_ms=5.0))[UP].delay_ms == pytest.approx(2.99)
    assert blame.push(seen(400, gateway_rtt_ms=5.0))[UP].delay_ms == 0


def test_growth_forgets_what_is_long_past():
    growth = Growth(0.15)
    counts = [(0, 0), (50, 50), (100, 100), (150, 150), (200, 150), (250, 150)]
    told = [growth.push(ms * 10**6, kilobytes * 1000) for ms, kilobytes in counts]
    assert told[0] is None
    assert told[1:4] == [pytest.approx(8)] * 3
    assert told[5] == pytest.approx(8 / 3)


def test_what_comes_in_while_the_way_gets_shorter_was_counted_over_a_longer_time():
    growth = Growth(1.0)
    growth.push(0, 0, late_ms=100.0)
    assert growth.push(S // 10, 100_000, late_ms=0.0) == pytest.approx(4)


def test_a_counter_that_began_anew_is_unknown_at_first():
    growth = Growth(0.15)
    assert [growth.push(t, n) for t, n in ((0, 5), (S, None), (2 * S, 9), (3 * S, 2))] == [None] * 4


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**10),
            st.none() | st.integers(0, 1 << 62),
            st.none() | st.floats(0, 1e6),
            st.none() | st.floats(0, 1e6),
            st.none() | st.floats(0, 1e6),
        ),
        max_size=40,
    )
)
def test_whatever_is_observed_delays_and_rates_are_sensible(rows):
    blame = Blame()
    for t_ns, count, gateway_ms, bulk_ms, queue_ms in rows:
        counted = {"tx_bytes": count, "rx_bytes": count, "acked_bytes": count}
        delays = {"gateway_rtt_ms": gateway_ms, "bulk_delay_ms": bulk_ms, "queue_ms": queue_ms}
        for sample in blame.push(seen(t_ns / S, **counted, **delays)).values():
            assert sample.delay_ms >= 0
            assert sample.carried_mbit is None or sample.carried_mbit >= 0
