"""The state machines: how many windows in a row it takes, and what is said."""

import pytest

from airsonde.csi.events import EventKind
from airsonde.csi.reference.detectors import detectors
from airsonde.csi.reference.events import EventLog
from tests.csi.reference.build import window


def said(windows):
    log = EventLog()
    return [
        (e.kind, e.evidence[0], pytest.approx(float(e.confidence), abs=1e-6))
        for w in windows
        for e in log.look(w)
    ]


def run(**columns):
    """Windows from one column of values."""
    ((name, values),) = columns.items()
    return said([window(n, **{name: value}) for n, value in enumerate(values)])


def test_presence():
    assert run(presence=[0.7, 0.69, 0.7, 0.8, 0.45, 0.45, 0.46, 0.4, 0.4, 0.3]) == [
        (EventKind.PRESENCE_STARTED, 3, 0.8),
        (EventKind.PRESENCE_ENDED, 9, 0.7),
    ]


def test_motion():
    assert run(motion=[0.06, 0.05, 0.06, 0.06, 0.01, 0.02, 0.01, 0.01]) == [
        (EventKind.MOTION_DETECTED, 3, 0.6),
        (EventKind.MOTION_SETTLED, 7, 0.9),
    ]


def test_quality_drops_once_a_spell():
    assert run(quality=[0.3, 0.3, 0.3, 0.2, 0.1, 0.4, 0.3, 0.3]) == [
        (EventKind.SIGNAL_QUALITY_DROPPED, 1, 0.7),
        (EventKind.CALIBRATION_REQUIRED, 3, 0.8),
        (EventKind.SIGNAL_QUALITY_DROPPED, 7, 0.7),
    ]


def test_three_drifting_windows_change_the_baseline():
    shapes = [(1.0, 1.0)] + [(1.5, 1.5)] * 7
    assert run(shape=shapes) == [(EventKind.BASELINE_CHANGED, 3, 1.0)]


def test_an_anomaly_comes_before_the_change():
    shapes = [(1.0,), (3.0,), (5.0,), (20.0,)]
    found = run(shape=shapes)
    assert [kind for kind, _, _ in found] == [
        *[EventKind.ANOMALY_DETECTED] * 3,
        EventKind.BASELINE_CHANGED,
    ]


def test_another_size_starts_the_baseline_anew():
    assert run(shape=[(1.0,), (1.5,), (1.5,), (9.0, 9.0), (9.0, 9.0)]) == []


def test_a_baseline_near_zero_is_compared_absolutely():
    assert run(shape=[(0.0,), (0.5,)]) == []
    assert run(shape=[(0.0,), (1.5,)]) == [(EventKind.ANOMALY_DETECTED, 1, 0.75)]
    assert run(shape=[(), ()]) == []


def test_events_are_numbered_over_all_detectors_in_their_order():
    log = EventLog()
    loud = [window(n, motion=1, presence=0.9, quality=0.1) for n in range(2)]
    events = [e for w in loud for e in log.look(w)]
    assert [(e.event_id, e.kind) for e in events] == [
        (0, EventKind.PRESENCE_STARTED),
        (1, EventKind.MOTION_DETECTED),
        (2, EventKind.SIGNAL_QUALITY_DROPPED),
    ]
    assert {e.t_ns for e in events} == {loud[1].end_ns}
    assert len(detectors()) == 4
