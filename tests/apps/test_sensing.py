"""The default pipeline on real recordings: the same events however the stream is cut or paced."""

import json

import numpy as np
import pytest

import airsonde
from airsonde.apps.calibrate import confirm, learn
from airsonde.apps.calibrations import read_calibration, write_calibration
from airsonde.apps.paced import Pace, paced_blocks
from airsonde.apps.readings import breathing_of, motion_of, presence_of
from airsonde.apps.sensing import SensingRun
from airsonde.apps.sensing_results import event_fields, window_fields
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.csi.batches import take
from airsonde.csi.calibration import Calibration, Refusal
from airsonde.csi.events import EventKind, Occupancy
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.scene import Motion, Scene
from tests.recordings import recording

EMPTY, MOVING = "presence/ruangan_kosong.csv", "presence/orang_bergerak.csv"


def blocks_of(name):
    return list(airsonde.open(recording(name)).reader().blocks())


def said(blocks, **options):
    """Everything that is said of blocks, as the bytes that are printed."""
    run = SensingRun(blocks, "capture", **options)
    looks, events = [], []
    for found in run.findings():
        looks += [window_fields(look) for look in found.looks]
        events += [event_fields(event) for event in found.events]
    return json.dumps([looks, events])


def recut(blocks, size):
    """The same frames in blocks of about `size`."""
    for block in blocks:
        first = min(int(b.index[0]) for b in block)
        last = max(int(b.index[-1]) for b in block)
        for low in range(first, last + 1, size):
            rows = [(b, (b.index >= low) & (b.index < low + size)) for b in block]
            if piece := [take(b, r) for b, r in rows if r.any()]:
                yield piece


@pytest.mark.parametrize(
    "name",
    [
        "presence/orang_bergerak.csv",
        "motion/fition_room1/falling_user2_rm2/falling_user2_rm2_1.pcap",
        "picoscenes/rx_4_251205_STATIC.csi",
        "breathing/intel5300_gyro/4_19_sn1.dat",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 450])
def test_the_cut_of_the_stream_does_not_show(name, size):
    blocks = blocks_of(name)
    if size == 1:
        blocks = [[take(b, np.arange(min(len(b), 400))) for b in blocks[0]]]
    assert said(recut(blocks, size)) == said(blocks)


def test_a_replay_says_the_same_at_every_speed():
    capture = airsonde.open(recording(MOVING))
    slow = paced_blocks(capture.reader(), Pace(1e6))
    fast = paced_blocks(capture.reader(), Pace(0))
    assert said(slow) == said(fast) == said(blocks_of(MOVING))


def test_somebody_who_walks_is_seen():
    events = list(SensingRun(blocks_of(MOVING), "walk").events())
    kinds = [e.kind for e in events]
    assert EventKind.MOTION_DETECTED in kinds
    assert EventKind.PRESENCE_STARTED in kinds
    assert all(e.evidence and e.calibration is None for e in events)
    assert presence_of(SensingRun(blocks_of(MOVING), "walk").looks()).verdict is Occupancy.MOVING


def test_an_empty_room_is_not_said_to_be_full():
    looks = list(SensingRun(blocks_of(EMPTY), "empty").looks())
    told = [r for r in motion_of(looks) if r.moving is not None]
    assert sum(r.moving for r in told) / len(told) < 0.05
    assert presence_of(looks).verdict in {Occupancy.UNKNOWN, Occupancy.EMPTY}
    assert breathing_of(SensingRun(blocks_of(EMPTY), "empty").findings()).bpm is None


def test_every_window_of_a_stream_is_looked_at_once():
    blocks = blocks_of(EMPTY)
    looks = list(SensingRun(blocks, "empty").looks())
    assert [look.window.window_id for look in looks] == list(range(len(looks)))
    frames = {(w.lane.number, i) for look in looks for w in [look.window] for i in w.frames.index}
    assert len(frames) == sum(len(b) for block in blocks for b in block)


def test_a_source_that_falls_silent_is_told():
    capture = SimulatedCapture(Scene(motion=Motion.EMPTY), seconds=10)
    run = SensingRun(capture.blocks(), "sim")
    events = list(run.events())
    assert events == []
    later = run.pipeline.advance(60_000_000_000)
    assert [e.kind for e in later.events] == [EventKind.DEVICE_DISCONNECTED]
    assert later.events[0].numbers["silent_s"] == 5.0


def test_a_room_is_learnt_confirmed_kept_and_used(tmp_path):
    learnt = learn(blocks_of(EMPTY), room="lab", source="empty.csv")
    assert isinstance(learnt, Calibration)
    assert learnt.stability > 0.6
    assert not learnt.confirmed
    confirmed = confirm(learnt, blocks_of(MOVING), "walk.csv")
    assert isinstance(confirmed, Calibration)
    assert confirmed.control > 0.5
    path = write_calibration(confirmed, tmp_path / "lab.json")
    known = read_calibration(str(path))
    assert known.version == learnt.version
    events = list(SensingRun(blocks_of(MOVING), "walk", calibration=known).events())
    assert {e.calibration for e in events} == {learnt.version}


def test_a_room_that_moves_is_refused():
    refused = learn(blocks_of(MOVING), room="lab", source="walk.csv")
    assert isinstance(refused, Refusal)
    assert "moved" in refused.reason


def test_a_control_that_shows_nobody_does_not_confirm():
    learnt = learn(blocks_of(EMPTY), room="lab", source="empty.csv")
    refused = confirm(learnt, blocks_of(EMPTY), "empty.csv")
    assert isinstance(refused, Refusal)
    assert "control" in refused.reason


def test_a_short_capture_is_refused():
    capture = SimulatedCapture(Scene(motion=Motion.EMPTY), seconds=5)
    refused = learn(capture.blocks(), room="lab", source="sim")
    assert isinstance(refused, Refusal)
    assert "too short" in refused.reason


def test_nothing_cannot_be_learnt():
    with pytest.raises(DecodeError, match="no frame"):
        learn([], room="lab", source="none")


def test_versions_of_a_room_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for source in ("one", "two"):
        capture = SimulatedCapture(Scene(motion=Motion.EMPTY), seconds=25)
        learnt = learn(capture.blocks(), room="study", source=source)
        assert isinstance(learnt, Calibration)
        write_calibration(learnt, None)
    assert len(list((tmp_path / "airsonde" / "calibrations" / "study").iterdir())) == 2
    assert read_calibration("study").source == "two"
    with pytest.raises(ConfigError, match="no calibrated room"):
        read_calibration("kitchen")


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"airsonde_calibration": 9}', "\x00\xff", '{"version": 3'] * 1
)
def test_what_is_no_calibration_is_said_to_be_none(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DecodeError, match="is no calibration"):
        read_calibration(str(path))
