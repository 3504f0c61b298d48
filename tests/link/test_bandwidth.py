"""The rate follows what the air carries and the delay it causes, and does not fidget."""

import pytest

from airsonde.link.bandwidth import Bandwidth
from airsonde.link.ceiling import RateCeiling
from airsonde.link.model import Direction, Estimates
from tests.link.build import situation


def ceilings(rates, every_s=2.0, **fields):
    ceiling = RateCeiling()
    return [
        ceiling.push(situation(i * every_s, bitrate_mbit=r, **fields)) for i, r in enumerate(rates)
    ]


def test_rate_times_what_retries_and_others_leave():
    estimates = Estimates(retry_share=0.2)
    done = ceilings([100.0], estimates=estimates, channel_busy=0.5)
    assert done == [pytest.approx(100 * 0.85 * 0.8 * 0.5)]


def test_down_at_once_up_late():
    done = ceilings([800.0] * 5 + [100.0] * 5 + [800.0] * 60)
    assert done[4] == pytest.approx(680)
    assert done[6] == pytest.approx(85)
    risen = next(i for i, mbit in enumerate(done) if i > 6 and mbit > 600)
    assert 20 <= 2 * (risen - 10) <= 60


def test_management_frames_say_nothing():
    assert set(ceilings([800.0, 6.0, 6.0, 800.0] * 50)) == {800 * 0.85}


def test_an_idle_station_says_nothing():
    assert ceilings([800.0] + [24.0] * 30, estimates=Estimates(packets_pps=2.0))[
        -1
    ] == pytest.approx(680)


def test_a_basic_rate_that_stays_is_believed():
    assert ceilings([800.0] + [6.0] * 5)[-1] == pytest.approx(6 * 0.85)


def passed(t_s, up_mbit, down_mbit):
    return {"tx_bytes": round(t_s * up_mbit * 125e3), "rx_bytes": round(t_s * down_mbit * 125e3)}


def said(policy, now):
    return {a.direction: a.bandwidth_mbit for a in policy.step(now)}


def test_without_delay_the_ceiling_holds_egress_alone():
    assert said(Bandwidth(), situation(bitrate_mbit=100.0)) == {Direction.EGRESS: 85.0}


def test_each_direction_answers_for_its_own_delay():
    policy = Bandwidth()
    for t in range(4):
        delays = {"up_delay_ms": 1.0, "down_delay_ms": 100.0}
        rates = said(
            policy, situation(t / 20, bitrate_mbit=100.0, **passed(t / 20, 80, 50), **delays)
        )
    assert rates[Direction.EGRESS] == 85.0
    assert rates[Direction.INGRESS] < 50


def test_a_common_delay_is_blamed_on_the_fuller_direction():
    policy = Bandwidth()
    for t in range(4):
        rates = said(
            policy, situation(t / 20, **passed(t / 20, 2, 19), gateway_rtt_ms=3.0 + 50 * t)
        )
    assert rates[Direction.INGRESS] < 19


def test_a_ceiling_that_falls_binds_at_once():
    policy = Bandwidth()
    said(policy, situation(0, bitrate_mbit=800.0, up_delay_ms=1.0))
    said(policy, situation(2, bitrate_mbit=100.0))
    assert said(policy, situation(4, bitrate_mbit=100.0)) == {Direction.EGRESS: 85.0}


def test_it_says_why():
    policy = Bandwidth()
    policy.step(situation(bitrate_mbit=100.0, up_delay_ms=3.0))
    why = policy.why()
    assert "ceiling: first bitrate" in why.rule
    assert why.saw["egress_delay_ms"] == 3.0
