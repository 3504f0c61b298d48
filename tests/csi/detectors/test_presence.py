"""Somebody is there where something moves or breathes; empty is said against a calibration alone."""

from dataclasses import replace

import numpy as np
import pytest

from airsonde.captures.capture import open_capture
from airsonde.csi.detectors.motion import MotionDetector
from airsonde.csi.detectors.presence import PresenceDetector, recording_verdict
from airsonde.csi.events import BreathingReading, Occupancy, PresenceReading, Window
from airsonde.csi.fusion import RoomMotion
from airsonde.csi.windowing import Windowing
from tests.csi.detectors.build import SECOND, TONES, motion, window
from tests.recordings import recording

EMPTY_ROOM = np.linspace(0.5, 1.5, TONES).astype(np.float32)
ROWS = np.tile(EMPTY_ROOM, (20, 1))


def breath(number, bpm=15.0, confidence=0.9):
    return BreathingReading(
        t_ns=(number + 1) * SECOND, bpm=bpm, confidence=confidence, evidence=(number,)
    )


def said(steps, rows=ROWS, **kwargs):
    """Readings for (moving, breathing) one second apart."""
    detector = PresenceDetector(**kwargs)
    return [
        detector.step(window(number, rows), motion(number, moving=moving), breathing)
        for number, (moving, breathing) in enumerate(steps)
    ]


def verdicts(*args, **kwargs):
    return [reading.verdict for reading in said(*args, **kwargs)]


def test_movement_is_somebody_with_the_probability_of_movement():
    reading = said([(True, None)])[0]
    assert (reading.verdict, reading.confidence) == (Occupancy.MOVING, 0.9)
    assert reading.evidence == (0,)


def test_breath_is_somebody_with_the_confidence_of_the_breath():
    reading = said([(False, None), (False, breath(1, confidence=0.7))])[1]
    assert (reading.verdict, reading.confidence) == (Occupancy.OCCUPIED, 0.7)


@pytest.mark.parametrize("found", [breath(0, bpm=None), breath(0, confidence=0.5), None])
def test_no_claim_of_breath_is_nobody(found):
    assert verdicts([(False, found)]) == [Occupancy.UNKNOWN]


def test_lasting_movement_is_remembered_for_a_moment():
    steps = [(True, None)] * 3 + [(False, None)] * 8
    assert (
        verdicts(steps)
        == [Occupancy.MOVING] * 3 + [Occupancy.OCCUPIED] * 5 + [Occupancy.UNKNOWN] * 3
    )


def test_one_moving_window_is_not_remembered():
    assert verdicts([(True, None), (False, None)])[1] is Occupancy.UNKNOWN


def test_without_calibration_nothing_is_called_empty():
    assert set(verdicts([(False, None)] * 60)) == {Occupancy.UNKNOWN}


def test_a_room_as_when_it_was_empty_is_empty_after_a_quiet_stretch():
    found = verdicts([(False, None)] * 40, empty=lambda _: EMPTY_ROOM)
    assert found == [Occupancy.UNKNOWN] * 19 + [Occupancy.EMPTY] * 21


@pytest.mark.parametrize("empty", [EMPTY_ROOM[::-1], EMPTY_ROOM[:-1], None])
def test_another_room_is_not_called_empty(empty):
    assert Occupancy.EMPTY not in verdicts([(False, None)] * 40, empty=lambda _: empty)


def test_movement_takes_empty_back():
    steps = [(False, None)] * 25 + [(True, None)] + [(False, None)] * 10
    assert Occupancy.EMPTY not in verdicts(steps, empty=lambda _: EMPTY_ROOM)[25:]


def test_what_cannot_be_told_is_unknown_with_its_reason():
    reading = PresenceDetector().step(
        window(0), replace(motion(0, moving=None), reason="too few frames"), None
    )
    assert (reading.verdict, reading.reason) == (Occupancy.UNKNOWN, "too few frames")


def test_a_clock_set_back_forgets():
    detector = PresenceDetector()
    for number in (100, 101, 102):
        detector.step(window(number), motion(number, moving=True), None)
    assert detector.step(window(3), motion(3, moving=False), None).verdict is Occupancy.UNKNOWN


def mixed(**counts):
    return [
        PresenceReading(t_ns=i, verdict=Occupancy(v), confidence=0.9, reason=v, evidence=(i,))
        for i, v in enumerate(v for v, n in counts.items() for _ in range(n))
    ]


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ({"moving": 30, "unknown": 70}, "moving"),
        ({"moving": 10, "occupied": 30, "unknown": 60}, "occupied"),
        ({"moving": 3, "empty": 60, "unknown": 37}, "empty"),
        ({"moving": 10, "empty": 80, "unknown": 10}, "unknown"),
        ({"occupied": 10, "unknown": 90}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_recording_is_what_enough_of_it_says(counts, verdict):
    found = recording_verdict(mixed(**counts))
    assert found.verdict == verdict
    assert (found.confidence == 0) is (verdict == "unknown")


def recorded(name, empty=None):
    windowing, room, lanes = Windowing(), RoomMotion(), {}
    blocks = open_capture(recording(name)).reader().blocks()
    seen = [s for block in blocks for s in windowing.feed(block)]
    detector = PresenceDetector(empty=lambda lane: empty if lane.number == 0 else None)
    readings, windows = [], [s for s in seen if isinstance(s, Window)]
    for one in windows:
        moved = lanes.setdefault(one.lane.number, MotionDetector()).step(one)
        readings.append(detector.step(one, room.step(one, moved), None))
    return recording_verdict(readings).verdict, windows


def first_minute(windows):
    rows = [w.amplitude for w in windows[:60] if w.lane.number == 0]
    return np.concatenate(rows).mean(axis=0)


def test_recorded_rooms_are_right_or_unknown():
    empty, windows = recorded("presence/ruangan_kosong.csv")
    assert empty is Occupancy.UNKNOWN
    profile = first_minute(windows)
    assert recorded("presence/ruangan_kosong.csv", profile)[0] is Occupancy.EMPTY
    for calibrated in (None, profile):
        assert recorded("presence/orang_diam.csv", calibrated)[0] is Occupancy.UNKNOWN
        assert recorded("presence/orang_bergerak.csv", calibrated)[0] is Occupancy.MOVING
