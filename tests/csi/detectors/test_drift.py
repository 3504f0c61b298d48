"""A room that stays different is told; a moving one is not judged."""

import numpy as np

from airsonde.csi.detectors.drift import DriftDetector
from airsonde.csi.events import EventKind
from tests.csi.detectors.build import TONES, motion, window

BASE = np.ones((50, TONES), np.float32)
SHAPE = np.sin(np.arange(TONES, dtype=np.float32))


def run(rows, *, moving=(), baseline=None):
    detector = DriftDetector(baseline)
    return [
        (i, f.kind)
        for i, r in enumerate(rows)
        for f in detector.step(window(i, r), motion(i, moving=i in moving))
    ]


def test_a_steady_room_says_nothing():
    rng = np.random.default_rng(3)
    rows = [BASE + rng.normal(0, 0.2, BASE.shape) for _ in range(200)]
    assert run(rows) == []


def test_a_moved_chair_is_a_change_once():
    rows = [BASE] * 30 + [BASE + 0.4 * SHAPE] * 60
    found = run(rows)
    assert [kind for _, kind in found] == [EventKind.BASELINE_CHANGED]
    assert 38 <= found[0][0] <= 44


def test_with_a_given_baseline_a_calibration_is_asked_for():
    found = run([BASE + 0.4 * SHAPE] * 60, baseline=BASE[0])
    assert [kind for _, kind in found] == [
        EventKind.BASELINE_CHANGED,
        EventKind.CALIBRATION_REQUIRED,
    ]


def test_another_channel_altogether_is_an_anomaly_before_it_is_a_change():
    found = run([BASE] * 30 + [BASE + 1.5 * SHAPE] * 40)
    assert [kind for _, kind in found] == [EventKind.ANOMALY_DETECTED, EventKind.BASELINE_CHANGED]
    assert found[0][0] <= 34


def test_a_short_difference_is_nothing():
    assert run([BASE] * 30 + [BASE + 0.3 * SHAPE] * 5 + [BASE] * 60) == []


def test_nothing_is_said_while_something_moves():
    rows = [BASE] * 30 + [BASE + 1.5 * SHAPE] * 40 + [BASE] * 40
    assert run(rows, moving=range(30, 70)) == []


def test_overlapping_windows_do_not_count_twice():
    detector = DriftDetector(BASE[0])
    found = [
        (i, f.kind)
        for i in range(60)
        for f in detector.step(
            window(i, BASE + 0.4 * SHAPE, hop_s=0.25), motion(i, moving=False, hop_s=0.25)
        )
    ]
    assert found[0][0] >= 36


def test_slow_change_is_followed():
    rows = [BASE + 0.4 * SHAPE * i / 3000 for i in range(3000)]
    assert run(rows) == []


def test_other_tones_begin_anew():
    rows = [BASE] * 30 + [np.ones((50, 5), np.float32)] * 30
    assert run(rows) == []
