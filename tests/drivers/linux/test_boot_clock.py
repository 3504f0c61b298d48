"""The running kernel's clocks, and clocks that go apart as they do when a machine sleeps."""

import time

import pytest

from airsonde.drivers.linux.boot_clock import BootClock

S = 1_000_000_000


def test_a_machine_that_is_awake_does_not_sleep():
    clock = BootClock()
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before <= clock.now_ns() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert clock.suspended_ns == 0


@pytest.fixture
def clocks(monkeypatch):
    """CLOCK_BOOTTIME and CLOCK_MONOTONIC, to be set."""
    now = {time.CLOCK_BOOTTIME: 100 * S, time.CLOCK_MONOTONIC: 90 * S}
    monkeypatch.setattr(time, "clock_gettime_ns", now.__getitem__)
    return now


def test_sleep_is_counted_once_and_exactly(clocks):
    clock = BootClock()
    for slept_s, total_s in ((0, 0), (3600, 3600), (0, 3600), (1, 3601)):
        clocks[time.CLOCK_BOOTTIME] += (slept_s + 2) * S
        clocks[time.CLOCK_MONOTONIC] += 2 * S
        assert clock.now_ns() == clocks[time.CLOCK_BOOTTIME]
        assert clock.suspended_ns == total_s * S


def test_a_process_that_waits_between_the_readings_did_not_sleep(clocks):
    clock = BootClock()
    clocks[time.CLOCK_MONOTONIC] += 9 * S
    clock.now_ns()
    clocks[time.CLOCK_BOOTTIME] += 9 * S
    clock.now_ns()
    assert clock.suspended_ns == 0
