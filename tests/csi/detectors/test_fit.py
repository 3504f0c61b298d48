"""A calibration of something else is said to be one."""

from airsonde.csi.detectors.fit import FitDetector
from airsonde.csi.events import EventKind
from tests.csi.detectors.build import window


def told(known):
    detector = FitDetector()
    return [f for i, k in enumerate(known) for f in detector.step(window(i), known=k)]


def test_lanes_that_nobody_calibrated_are_told_once():
    (finding,) = told([False] * 100)
    assert finding.kind is EventKind.CALIBRATION_REQUIRED
    assert finding.evidence == tuple(range(20))


def test_a_chance_transmitter_does_not_matter():
    assert told([False] * 5 + [True] + [False] * 100) == []
