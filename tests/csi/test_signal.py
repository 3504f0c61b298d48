"""Signal strength: movement at best, and never a claim about who keeps still."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.captures.capture import open_capture
from airsonde.csi.detectors.signal import SignalLimits
from airsonde.csi.events import EventKind, Occupancy
from airsonde.csi.signal import SignalSample
from airsonde.csi.signal_pipeline import SignalPipeline
from tests.recordings import recording

HZ = 10
STEP_NS = 10**9 // HZ


def samples(levels, *, start_ns=0, peer=b"ap", rates=None):
    names = rates or [None] * len(levels)
    return [
        SignalSample(t_ns=start_ns + i * STEP_NS, signal_dbm=float(level), peer=peer, rate=rate)
        for i, (level, rate) in enumerate(zip(levels, names, strict=True))
    ]


def said(taken):
    pipeline = SignalPipeline("card")
    findings = [pipeline.feed(sample) for sample in taken]
    return [look for f in findings for look in f.looks], [e for f in findings for e in f.events]


def steady(seconds, level=-50):
    return [level + (i % 3 == 0) for i in range(HZ * seconds)]


def swinging(seconds, level=-50, by=4):
    return [level + round(by * np.sin(i / 3)) for i in range(HZ * seconds)]


LEVELS = st.binary(min_size=1, max_size=400).map(lambda data: [-100 + b % 101 for b in data])


@settings(max_examples=60, deadline=None)
@given(LEVELS, st.binary(min_size=400, max_size=400))
def test_it_says_moving_or_unknown_and_never_surely(levels, rates):
    named = [("a", "b", None)[byte % 3] for byte in rates]
    looks, events = said(samples(steady(40) + levels, rates=["a"] * 400 + named[: len(levels)]))
    for look in looks:
        assert look.motion.moving in {True, None}
        assert look.presence.verdict in {Occupancy.MOVING, Occupancy.UNKNOWN}
        assert look.presence.confidence <= SignalLimits().most_probability
        assert (look.motion.reason is None) == (look.motion.moving is True)
        assert look.presence.reason.startswith("signal strength alone")
    assert {e.kind for e in events} <= {EventKind.MOTION_DETECTED, EventKind.MOTION_SETTLED}
    assert all(e.numbers["basis"] == "signal strength alone" for e in events)
    assert all(e.confidence <= SignalLimits().most_probability for e in events)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=600, max_size=700), st.integers(-95, -20))
def test_a_level_between_two_whole_db_is_no_movement(ups, level):
    looks, events = said(samples([level + up % 2 for up in ups]))
    assert looks
    assert not any(look.motion.moving for look in looks)
    assert events == []


@settings(max_examples=50, deadline=None)
@given(LEVELS, st.integers(-20, 20))
def test_how_strong_the_signal_is_does_not_matter(levels, by):
    whole = steady(40) + levels
    one, other = said(samples(whole)), said(samples([level + by for level in whole]))
    assert [look.motion.moving for look in one[0]] == [look.motion.moving for look in other[0]]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-(10**10), 10**11), st.integers(-128, 0)), max_size=200))
def test_any_clock_is_survived(pairs):
    looks, _ = said(
        [SignalSample(t_ns=t_ns, signal_dbm=level, peer=b"ap") for t_ns, level in pairs]
    )
    assert all(look.motion.moving in {True, None} for look in looks)


def test_movement_after_quiet_is_told_and_is_over_again():
    looks, events = said(samples(steady(60) + swinging(20) + steady(20)))
    moving = [look.motion.t_ns / 1e9 for look in looks if look.motion.moving]
    assert 60 < moving[0] < 64
    assert 78 < moving[-1] < 86
    assert len(moving) > 15
    assert [e.kind for e in events] == [EventKind.MOTION_DETECTED, EventKind.MOTION_SETTLED]
    assert events[1].confidence == 0.5


def test_nothing_is_said_before_it_is_known_what_quiet_is():
    looks, events = said(samples(swinging(30)))
    assert {look.motion.reason for look in looks} == {"learning what quiet is"}
    assert all(look.motion.score is None for look in looks)
    assert events == []


def test_a_noisy_card_needs_more():
    noisy = [-50 + (0, 3, -1, 2, -3, 1)[i % 6] for i in range(HZ * 90)]
    assert not any(look.motion.moving for look in said(samples(noisy))[0])


def test_another_access_point_begins_anew():
    before = samples(steady(60))
    after = samples(steady(20, level=-75), start_ns=60 * 10**9, peer=b"other")
    looks, events = said(before + after)
    reasons = [look.motion.reason for look in looks if look.motion.t_ns > 60 * 10**9]
    assert set(reasons) == {"learning what quiet is"}
    assert events == []


def test_another_rate_is_no_movement():
    levels = steady(60) + [level - 9 * (i % 2) for i, level in enumerate(steady(30))]
    rates = ["fast"] * 600 + ["fast", "slow"] * 150
    looks, events = said(samples(levels, rates=rates))
    assert not any(look.motion.moving for look in looks)
    assert events == []


def test_too_many_rates_are_said():
    rates = ["fast"] * 600 + [str(i % 8) for i in range(200)]
    looks, _ = said(samples(steady(80), rates=rates))
    assert looks[-1].motion.reason == "too few frames at one rate"


def strengths(name):
    """Of a recording, in whole dBm, ten times a second, as a card would tell them."""
    capture = open_capture(recording(name))
    batch = capture.read(max(capture.lanes, key=lambda lane: lane.frames).lane)
    t_ns = batch.t_ns - batch.t_ns[0]
    at = np.searchsorted(t_ns, np.arange(0, t_ns[-1], STEP_NS), side="right") - 1
    return np.round(batch.rssi_dbm[at]).tolist()


@pytest.mark.parametrize("name", ["ruangan_kosong", "orang_diam"])
def test_nobody_and_somebody_still_are_unknown_in_a_recording(name):
    looks, events = said(samples(strengths(f"presence/{name}.csv")))
    assert len(looks) > 120
    assert {look.presence.verdict for look in looks} == {Occupancy.UNKNOWN}
    assert events == []


def test_somebody_who_walks_is_told_after_a_quiet_minute():
    quiet, walking = (
        strengths("presence/ruangan_kosong.csv"),
        strengths("presence/orang_bergerak.csv"),
    )
    looks, _ = said(samples(quiet[: 60 * HZ] + walking[: 60 * HZ]))
    moving = [look.motion.moving is True for look in looks if look.motion.t_ns > 64e9]
    assert np.mean(moving) > 0.8
