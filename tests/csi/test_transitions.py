"""States change late enough to be sure, seldom enough to matter, and say why."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.events import BreathingReading, EventKind, Occupancy, PresenceReading
from airsonde.csi.transitions import BreathingChanges, MotionChanges, PresenceChanges
from tests.csi.detectors.build import SECOND, motion

HOP_S = 0.5


def changes(moving):
    detector = MotionChanges()
    return [
        (f.kind, f.t_ns, f.evidence)
        for i, m in enumerate(moving)
        for f in detector.step(motion(i, moving=m, hop_s=HOP_S))
    ]


def test_motion_begins_and_ends_once():
    found = changes([False] * 10 + [True] * 20 + [False] * 20)
    assert [k for k, _, _ in found] == [EventKind.MOTION_DETECTED, EventKind.MOTION_SETTLED]
    assert found[0][2] == (10, 11)
    assert found[1][2][0] == 30


def test_one_window_is_no_motion():
    assert changes([False] * 10 + [True] + [False] * 20) == []


def test_unknown_changes_nothing():
    assert [k for k, _, _ in changes([True] * 5 + [None] * 50)] == [EventKind.MOTION_DETECTED]
    assert changes([None] * 50) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([True, False, None]), max_size=300))
def test_never_more_than_one_change_in_five_seconds(moving):
    times = [t for _, t, _ in changes(moving)]
    assert all(b - a >= 5 * SECOND for a, b in pairwise(times))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([True, False, None]), max_size=100))
def test_changes_alternate_and_cite(moving):
    found = changes(moving)
    kinds = [k for k, _, _ in found]
    expected = [EventKind.MOTION_DETECTED, EventKind.MOTION_SETTLED] * len(kinds)
    assert kinds == expected[: len(kinds)]
    assert all(e for _, _, e in found)


def presence(i, verdict):
    return PresenceReading(
        t_ns=i * SECOND, verdict=verdict, confidence=0.8, reason="made up", evidence=(i,)
    )


def test_presence_starts_and_ends():
    detector = PresenceChanges()
    verdicts = [Occupancy.UNKNOWN] * 5 + [Occupancy.MOVING] * 3 + [Occupancy.OCCUPIED] * 5
    verdicts += [Occupancy.UNKNOWN] * 20 + [Occupancy.EMPTY] * 10
    found = [f for i, v in enumerate(verdicts) for f in detector.step(presence(i, v))]
    assert [f.kind for f in found] == [EventKind.PRESENCE_STARTED, EventKind.PRESENCE_ENDED]
    assert found[1].t_ns >= 33 * SECOND


def test_presence_of_which_nothing_is_seen_ends_at_even_odds():
    detector = PresenceChanges()
    verdicts = [Occupancy.MOVING] * 3 + [Occupancy.UNKNOWN] * 100
    started, ended = [f for i, v in enumerate(verdicts) for f in detector.step(presence(i, v))]
    assert started.kind is EventKind.PRESENCE_STARTED
    assert ended.kind is EventKind.PRESENCE_ENDED
    assert ended.confidence == 0.5
    assert 30 <= (ended.t_ns - started.t_ns) / SECOND <= 40
    assert ended.numbers["verdict"] == "unknown"


def breathing(i, bpm):
    return BreathingReading(
        t_ns=i * SECOND,
        bpm=bpm,
        confidence=0.9,
        interval_bpm=None if bpm is None else (bpm - 0.5, bpm + 0.5),
        evidence=(i,),
    )


def test_breathing_is_told_when_it_appears_and_when_it_is_another():
    rates = [None] * 3 + [14.0, 14.5, 13.8, None, 14.1] + [20.0] * 4 + [None] * 30 + [20.0]
    detector = BreathingChanges()
    found = [f for i, r in enumerate(rates) for f in detector.step(breathing(i, r))]
    assert [f.numbers["bpm"] for f in found] == [14.0, 20.0, 20.0]
    assert np.all([f.kind is EventKind.BREATHING_CANDIDATE for f in found])
    assert found[0].numbers["low_bpm"] == 13.5
