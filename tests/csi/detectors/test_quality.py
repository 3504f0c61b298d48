"""Bad signal is said once a spell, and again when it stays bad."""

import pytest

from airsonde.csi.detectors.quality import QualityDetector
from airsonde.csi.events import EventKind
from tests.csi.detectors.build import window


def told(windows):
    detector = QualityDetector()
    return [(f.kind, f.evidence) for w in windows for f in detector.step(w)]


def test_good_windows_say_nothing():
    assert told(window(i) for i in range(100)) == []


def test_one_bad_window_is_nothing():
    assert told(window(i, quality=0.1 if i == 5 else 1.0) for i in range(10)) == []


@pytest.mark.parametrize(
    "bad",
    [{"quality": 0.2}, {"rejected": 200}, {"frames": 5}],
    ids=["low quality", "refused frames", "few frames"],
)
def test_a_spell_is_told_twice(bad):
    windows = [window(i) for i in range(10)]
    windows += [window(i, **bad) for i in range(10, 40)]
    windows += [window(i) for i in range(40, 50)]
    windows += [window(i, **bad) for i in range(50, 53)]
    found = told(windows)
    assert [kind for kind, _ in found] == [
        EventKind.SIGNAL_QUALITY_DROPPED,
        EventKind.CALIBRATION_REQUIRED,
        EventKind.SIGNAL_QUALITY_DROPPED,
    ]
    assert found[0][1] == (10, 11, 12)
    assert found[1][1] == tuple(range(10, 30))


def test_a_source_that_comes_and_goes_is_one_spell():
    windows = [window(i) for i in range(10)]
    windows += [window(i, frames=(50, 3)[i % 2]) for i in range(10, 40)]
    assert [kind for kind, _ in told(windows)] == [EventKind.SIGNAL_QUALITY_DROPPED]


def test_a_spell_ends_a_little_above_where_it_began():
    windows = [window(i, quality=(0.39, 0.45)[i % 2]) for i in range(60)]
    assert [kind for kind, _ in told(windows)] == [
        EventKind.SIGNAL_QUALITY_DROPPED,
        EventKind.CALIBRATION_REQUIRED,
    ]
