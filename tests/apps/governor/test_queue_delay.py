"""What our own queue holds is counted at its rate, a packet more for each bulk flow."""

import pytest

from airsonde.apps.governor.delays import tin_delay_ms
from airsonde.drivers.linux.backlog import Waiting


def queue(rate_bit_s, backlog=0, bulk=0):
    return Waiting(bandwidth_bit_s=rate_bit_s, backlog_bytes=backlog, bulk_flows=bulk)


def test_bytes_wait_for_their_turn_at_the_rate():
    assert tin_delay_ms(queue(8_000_000, backlog=10_000)) == pytest.approx(10)
    assert tin_delay_ms(queue(8_000_000, bulk=2)) == pytest.approx(2 * 1.514)


def test_an_empty_queue_delays_nothing():
    assert tin_delay_ms(queue(8_000_000)) == 0


def test_without_a_queue_nothing_is_known():
    assert tin_delay_ms(None) is None
