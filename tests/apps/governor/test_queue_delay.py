"""What our own queue holds is counted at its rate, a packet more for each bulk flow."""

import pytest

from airsonde.apps.governor.delays import tin_delay_ms
from airsonde.drivers.linux.cake import Cake, CakeState, Tin


def queue(rate_bit_s, backlog=0, bulk=0):
    tin = Tin(
        sent_packets=1,
        sent_bytes=1,
        dropped_packets=0,
        marked_packets=0,
        backlog_bytes=backlog,
        peak_delay_us=900,
        average_delay_us=700,
        base_delay_us=1,
        sparse_flows=0,
        bulk_flows=bulk,
        unresponsive_flows=0,
    )
    return CakeState(cake=Cake(bandwidth_bit_s=rate_bit_s), tins=(tin,), memory_used_bytes=0)


def test_bytes_wait_for_their_turn_at_the_rate():
    assert tin_delay_ms(queue(8_000_000, backlog=10_000)) == pytest.approx(10)
    assert tin_delay_ms(queue(8_000_000, bulk=2)) == pytest.approx(2 * 1.514)


def test_an_empty_queue_delays_nothing():
    assert tin_delay_ms(queue(8_000_000)) == 0


@pytest.mark.parametrize("none", [None, queue(None), queue(0)])
def test_without_a_rate_nothing_is_known(none):
    assert tin_delay_ms(none) is None
