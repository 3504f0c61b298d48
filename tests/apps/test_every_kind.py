"""All ten kinds of event, each produced by something that happens to a simulated room."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from airsonde.apps.calibrate import learn
from airsonde.apps.sensing import SensingRun
from airsonde.csi.calibration import Calibration
from airsonde.csi.events import EventKind
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.scene import Motion, Scene

SECOND = 1_000_000_000
QUIET = {"gain_steps_per_minute": 0.0, "rate_hz": 50.0}


class Stream:
    """Scenes one after the other, in one lane and on one clock."""

    def __init__(self):
        self.blocks = []
        self._lane = None
        self._t_ns = 0
        self._index = 0

    def add(self, motion, seconds, *, seed=1, spoil=None):
        scene = Scene(motion=motion, rest_s=4.0, **QUIET)
        last_ns = self._t_ns
        for (batch,) in SimulatedCapture(scene, seconds=seconds, seed=seed).blocks():
            self._lane = self._lane or batch.lane
            csi = batch.csi if spoil is None else spoil(batch.csi)
            t_ns, index = batch.t_ns + self._t_ns, batch.index + self._index
            self.blocks.append([replace(batch, lane=self._lane, t_ns=t_ns, index=index, csi=csi)])
            last_ns = int(t_ns[-1])
        self._t_ns = last_ns + SECOND // 50
        self._index += round(seconds * 50)

    def silence(self, seconds):
        self._t_ns += seconds * SECOND


def dead(csi):
    """Frames in which one tone in twenty was measured."""
    spoilt = np.zeros_like(csi)
    spoilt[..., ::20] = csi[..., ::20]
    return spoilt


@pytest.fixture(scope="module")
def events():
    room = SimulatedCapture(Scene(motion=Motion.EMPTY, **QUIET), seconds=25)
    calibration = learn(room.blocks(), room="sim", source="sim")
    assert isinstance(calibration, Calibration)
    stream = Stream()
    stream.add(Motion.EMPTY, 20)
    stream.add(Motion.WALKER, 16)
    stream.add(Motion.EMPTY, 45)
    stream.add(Motion.EMPTY, 40, seed=2)
    stream.add(Motion.BREATHER, 70, seed=2)
    stream.add(Motion.EMPTY, 20, seed=2, spoil=dead)
    stream.silence(30)
    stream.add(Motion.EMPTY, 5, seed=2)
    return list(SensingRun(stream.blocks, "sim", calibration=calibration).events())


@pytest.mark.parametrize("kind", list(EventKind))
def test_it_is_produced_and_cites_what_made_it(events, kind):
    found = [event for event in events if event.kind is kind]
    assert found
    for event in found:
        assert event.evidence
        assert event.calibration == events[0].calibration is not None
        assert 0 <= event.confidence <= 1


def test_what_happens_is_told_in_its_order(events):
    first = {kind: min(e.t_ns for e in events if e.kind is kind) / SECOND for kind in EventKind}
    assert 24 <= first[EventKind.MOTION_DETECTED] <= 26
    assert 31 <= first[EventKind.MOTION_SETTLED] <= 42
    assert 81 <= first[EventKind.ANOMALY_DETECTED] <= first[EventKind.BASELINE_CHANGED] <= 99
    assert 121 + 10 <= first[EventKind.BREATHING_CANDIDATE] <= 191
    assert 191 <= first[EventKind.SIGNAL_QUALITY_DROPPED] <= 199
    assert 211 + 4 <= first[EventKind.DEVICE_DISCONNECTED] <= 211 + 6


def test_nothing_storms(events):
    assert len(events) < 25
    assert [e.event_id for e in chain(events)] == list(range(len(events)))
