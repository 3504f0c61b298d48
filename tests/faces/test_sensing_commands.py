"""The sensing commands on real recordings: what scripts and people get."""

import json
from itertools import pairwise

import pytest
from click.testing import CliRunner

from airsonde.faces.cli.main import airsonde
from tests.recordings import recording

EMPTY, STILL, MOVING = (
    "presence/ruangan_kosong.csv",
    "presence/orang_diam.csv",
    "presence/orang_bergerak.csv",
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command; gives what it printed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def command(*words, code=0):
        result = CliRunner().invoke(airsonde, ["csi", *map(str, words)])
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.stderr

    return command


def test_motion_is_answered_every_hop(run):
    path = recording("motion/espectre/movement_c3_64sc_20260329_130321.npz")
    every_second = json.loads(run("motion", path, "--json"))
    finer = json.loads(run("motion", path, "--json", "--hop", "0.25"))
    assert set(every_second) == {"threshold", "windows"}
    assert all(w["moving"] for w in every_second["windows"])
    ends = [w["t_ns"] for w in finer["windows"]]
    assert {b - a for a, b in pairwise(ends)} == {250_000_000}
    assert len(finer["windows"]) > 3 * len(every_second["windows"])


def test_breathing_has_a_rate_and_an_interval(run):
    path = recording("breathing/intel5300_gyro/4_19_sn1.dat")
    found = json.loads(run("breathing", path, "--json"))
    assert list(found) == ["bpm", "confidence", "interval_bpm", "reason"]
    assert found["bpm"] == pytest.approx(14.5, abs=0.5)
    low, high = found["interval_bpm"]
    assert low < 14.5 < high
    assert "breaths a minute" in run("breathing", path)


@pytest.mark.parametrize("name", [MOVING, EMPTY, "breathing/intel5300_gyro/4_19_mn1.dat"])
def test_breathing_is_not_guessed(run, name):
    found = json.loads(run("breathing", recording(name), "--json"))
    assert found["bpm"] is None
    assert found["interval_bpm"] is None
    assert found["reason"] in {"moving", "weak", "short", "irregular sampling"}


def test_presence_rests_on_a_calibration(run):
    run("calibrate", recording(EMPTY), "--room", "flat", "--occupied", recording(MOVING))
    assert json.loads(run("presence", recording(EMPTY), "--baseline", "flat", "--json")) == {
        "verdict": "empty",
        "confidence": 0.8,
        "reason": "as when it was empty",
    }
    still = json.loads(run("presence", recording(STILL), "--baseline", "flat", "--json"))
    assert still["verdict"] in {"occupied", "unknown"}
    moving = json.loads(run("presence", recording(MOVING), "--json"))
    assert moving["verdict"] == "moving"


def test_events_cite_their_windows_and_their_calibration(run):
    run("calibrate", recording(EMPTY), "--room", "flat")
    found = json.loads(run("events", recording(MOVING), "--baseline", "flat", "--json"))
    windows = [json.loads(w) for w in run("windows", recording(MOVING), "--json").splitlines()]
    known = {w["window_id"] for w in windows}
    assert found
    for event in found:
        assert set(event["evidence_window_ids"]) <= known
        assert event["calibration_version"].startswith("flat@")
        assert 0 <= event["confidence"] <= 1
    assert [e["event_id"] for e in found] == list(range(len(found)))


@pytest.mark.slow
def test_a_replay_prints_the_same_events(run):
    path = recording("breathing/intel5300_gyro/4_19_sn1.dat")
    replayed = [json.loads(e) for e in run("replay", path, "--speed", 0, "--json").splitlines()]
    fast = [json.loads(e) for e in run("replay", path, "--speed", 5000, "--json").splitlines()]
    assert replayed == fast == json.loads(run("events", path, "--json"))


def test_a_room_that_moves_is_not_calibrated(run):
    assert "leave the room" in run("calibrate", recording(MOVING), code=1)
    words = ["csi", "calibrate", str(recording(EMPTY)), "--room", "../up"]
    assert "no room name" in str(CliRunner().invoke(airsonde, words).exception)


def test_a_baseline_that_is_not_there(run):
    result = CliRunner().invoke(
        airsonde, ["csi", "events", str(recording(EMPTY)), "--baseline", "attic"]
    )
    assert "no calibrated room" in str(result.exception)


def test_a_made_up_capture_is_flagged(run):
    path = recording("synthetic_impostor/AN1_Normal_Take01_BPM17_20260418_095253.csv")
    result = CliRunner().invoke(airsonde, ["csi", "breathing", str(path)])
    assert "looks made up" in result.stderr


def test_refused_frames_are_saved(run, tmp_path):
    path = recording("mesh/rec_1772470567081-20260302_165607.csi.jsonl")
    out = tmp_path / "refused.rvcsi"
    run("events", path, "--quarantine", out)
    assert not out.exists()
    result = CliRunner().invoke(
        airsonde, ["csi", "events", str(path), "--quarantine", str(tmp_path / "refused.csv")]
    )
    assert "cannot keep the reasons" in str(result.exception)


def test_watch_plays_a_capture_to_its_end(run):
    shown = run("watch", recording(MOVING), "--speed", "100000")
    assert "REPLAY of orang_bergerak.csv" in shown
    assert "MOVING" in shown
    assert "PresenceStarted" in shown


def test_events_are_drawn(run, tmp_path):
    out = tmp_path / "events.png"
    run("plot", recording(MOVING), "--kind", "events", "-o", out)
    assert out.read_bytes()[:4] == b"\x89PNG"
    assert "PresenceStarted" in run("plot", recording(MOVING), "--kind", "events")


def test_every_window_is_exported(run, tmp_path):
    out = tmp_path / "memory.jsonl"
    assert run("export", recording(STILL), out).startswith("wrote ")
    lines = [json.loads(line)["record"] for line in out.read_text().splitlines()]
    assert len(lines) > 180
    assert {len(line["embedding"]) for line in lines} == {96}


def test_a_quiet_capture_is_a_baseline(run):
    quiet = recording("motion/espectre/baseline_c3_64sc_20260329_130303.npz")
    moving = recording("motion/espectre/movement_c3_64sc_20260329_130321.npz")
    found = json.loads(run("motion", moving, "--baseline", quiet, "--json"))
    assert 0.7 <= found["threshold"] <= 2
    assert all(w["moving"] for w in found["windows"])


def test_a_calibration_of_something_else_is_told(run):
    run("calibrate", recording(EMPTY), "--room", "flat")
    other = recording("breathing/intel5300_gyro/4_19_sn1.dat")
    found = json.loads(run("events", other, "--baseline", "flat", "--json"))
    assert [e["kind"] for e in found].count("CalibrationRequired") == 1
