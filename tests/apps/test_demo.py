"""The demonstration finds something to show and never passes the simulator off as a radio."""

from pathlib import Path

import pytest

from airsonde.apps.demo import demonstrate, found, given, simulated
from airsonde.core.errors import DriverError
from tests.recordings import DATA, recording

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def test_without_recordings_the_simulator_is_shown_and_named(tmp_path):
    subject = found(tmp_path)
    assert subject.simulated
    assert subject.format == "simulator"


def test_unreadable_recordings_are_passed_over(tmp_path):
    (tmp_path / "nexmon").mkdir()
    (tmp_path / "nexmon" / "a.pcap").write_bytes(b"nothing of the kind")
    assert found(tmp_path).simulated


def test_pictures_are_written_where_asked(tmp_path):
    shown = demonstrate(simulated(), tmp_path / "new" / "demo")
    assert [f.name for f in shown.files] == [
        "waterfall.png",
        "phase.png",
        "spectrogram.png",
        "motion.png",
    ]
    assert all(f.read_bytes().startswith(b"\x89PNG") for f in shown.files)
    assert shown.survey.decoded == shown.pictures.frames == 3000


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DriverError, match="cannot make the folder"):
        demonstrate(simulated(), tmp_path / "file" / "demo")


def test_a_recording_of_somebody_walking_is_preferred():
    recording("motion/fition_room1/walking_user1_rm1")
    subject = found(DATA)
    assert not subject.simulated
    assert "walking" in subject.name


def test_a_given_capture_is_shown(tmp_path):
    path: Path = recording("nexmon/output-rssi.pcap")
    shown = demonstrate(given(path), tmp_path)
    assert shown.survey.chip == "bcm43455c0"
    assert shown.pictures.frames == max(lane.frames for lane in shown.survey.lanes)
