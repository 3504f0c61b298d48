"""The machine slept: what was measured before says nothing about now, what was learnt stays."""

from airsonde.link.ceiling import RateCeiling
from airsonde.link.governor import Governor, v3
from airsonde.link.model import Estimates, Roam, Scan
from airsonde.link.roaming import Roaming
from tests.link.build import S, bss, mac, seen, situation

HOUR_S = 3600


def near(t_s, *, scan, here=1, signal=-60.0, **more):
    """Access point 2 (5 GHz) is heard as loud as the one in use."""
    return situation(t_s, connected=True, scan_id=scan, ap=bss(here, 2437, signal),
                     candidates=(bss(2, 5180, -60.0, scan=scan),), **more)  # fmt: skip


def step(roaming, *situations):
    return [action for now in situations for action in roaming.step(now)]


def roams(actions):
    return [a.bssid for a in actions if isinstance(a, Roam)]


def test_scans_from_before_are_no_evidence():
    before = [near(100, scan=1), near(110, scan=2)]
    awake = step(Roaming(), *before, near(120, scan=3))
    assert roams(awake) == [mac(2)]
    roaming = Roaming()
    step(roaming, *before)
    slept = step(roaming, near(HOUR_S, scan=2, woke=True), near(HOUR_S + 10, scan=3),
                 near(HOUR_S + 20, scan=4))  # fmt: skip
    assert roams(slept) == []
    assert roams(step(roaming, near(HOUR_S + 30, scan=5))) == [mac(2)]


def test_a_failing_link_waits_for_a_scan_of_this_place():
    roaming = Roaming()
    step(roaming, near(100, scan=1))
    woken = step(roaming, near(HOUR_S, scan=1, signal=-85.0, woke=True),
                 near(HOUR_S + 2, scan=1, signal=-85.0))  # fmt: skip
    assert roams(woken) == []
    assert [type(action) for action in woken] == [Scan]
    assert roams(step(roaming, near(HOUR_S + 4, scan=2, signal=-85.0))) == [mac(2)]


def test_a_scan_is_asked_for_at_once():
    roaming = Roaming()
    assert Scan(ifname="wlan0") in step(roaming, near(100, scan=1))
    assert step(roaming, near(110, scan=1)) == []
    assert step(roaming, near(112, scan=1, woke=True)) == [Scan(ifname="wlan0")]


def test_a_roam_that_sleep_interrupted_blames_nobody():
    roaming = Roaming()
    scans = [near(100 + 10 * k, scan=k) for k in (1, 2, 3)]
    assert roams(step(roaming, *scans)) == [mac(2)]
    assert step(roaming, situation(HOUR_S, connected=False, woke=True)) == []
    again = [near(HOUR_S + 10 * k, scan=10 + k) for k in (1, 2, 3)]
    assert roams(step(roaming, *again)) == [mac(2)]


def test_a_target_that_failed_stays_avoided():
    roaming = Roaming()
    step(roaming, *[near(100 + 10 * k, scan=k) for k in (1, 2, 3)], near(140, scan=3))
    assert "did not move" in roaming.why().rule
    woken = [near(145 + 10 * k, scan=10 + k, woke=k == 0) for k in range(4)]
    assert roams(step(roaming, *woken)) == []


def test_the_ceiling_stays_and_does_not_rise_by_sleeping():
    busy = Estimates(packets_pps=500.0)
    ceiling = RateCeiling()
    for t in range(40):
        ceiling.push(situation(t, bitrate_mbit=100.0, estimates=busy))
    ceiling.push(situation(75, bitrate_mbit=400.0, estimates=busy))
    assert ceiling.push(situation(HOUR_S, bitrate_mbit=400.0, estimates=busy, woke=True)) == 85
    for t in range(1, 22):
        ceiling.push(situation(HOUR_S + t, bitrate_mbit=400.0, estimates=busy))
    assert ceiling.mbit == 340


def test_no_rate_is_taken_over_the_time_asleep():
    governor = Governor(v3)
    counters = {"rx_packets": 0, "tx_packets": 0}
    governor.step(seen(0, suspended_ns=0, **counters))
    for slept_ns, rate in ((10 * S, None), (10 * S, 10.0), (None, 10.0), (10 * S, 10.0)):
        counters["rx_packets"] += 20
        governor.step(seen(counters["rx_packets"] / 10, suspended_ns=slept_ns, **counters))
        assert governor.why()[0].saw["packets_pps"] == rate
