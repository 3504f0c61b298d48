"""Convert and repair: every frame arrives, in order, and failures leave nothing behind."""

import numpy as np
import pytest
from click.testing import CliRunner

from airsonde.apps.convert import convert, repair
from airsonde.captures.arrow import ArrowRecorder
from airsonde.captures.capture import open_capture
from airsonde.captures.model import Origin
from airsonde.core.errors import ConfigError
from airsonde.csi.batches import by_lane
from airsonde.csi.model import Family
from airsonde.faces.cli.csi import csi
from tests.captures.frames import assert_same, bare_batch
from tests.captures.test_rvcsi import FRAME, capture, frame
from tests.recordings import recording, vector

TEXT = capture(FRAME, frame(channel=6, frame_id=7), "junk", frame(timestamp_ns=5))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.rvcsi"
    path.write_bytes(TEXT)
    return path


def test_rvcsi_through_arrow_and_back_is_byte_identical(tmp_path):
    source = vector("reference/output-rssi.rvcsi")
    done = convert(open_capture(source), tmp_path / "x.arrows.zst")
    assert (done.frames, done.records, done.format) == (383, 383, "arrow")
    convert(open_capture(tmp_path / "x.arrows.zst"), tmp_path / "back.rvcsi")
    assert (tmp_path / "back.rvcsi").read_bytes() == source.read_bytes()


def test_a_pcap_through_arrow_keeps_every_column(tmp_path):
    capture = open_capture(recording("nexmon/example_4358.pcap"))
    seen = []
    convert(capture, tmp_path / "x.arrows.zst", progress=seen.append)
    expected = by_lane(list(capture))
    for got, want in zip(
        by_lane(list(open_capture(tmp_path / "x.arrows.zst"))), expected, strict=True
    ):
        assert_same(got, want)
    assert seen[-1] == sum(map(len, expected))


def test_a_pcap_as_rvcsi_keeps_samples_and_the_raw_order(tmp_path):
    source = recording("nexmon/output-rssi.pcap")
    convert(open_capture(source), tmp_path / "x.rvcsi")
    want = open_capture(vector("reference/output-rssi.rvcsi")).read()
    got = open_capture(tmp_path / "x.rvcsi").read
    frames = np.concatenate(
        [got(lane).csi for lane in range(len(open_capture(tmp_path / "x.rvcsi").lanes))]
    )
    assert frames.shape == want.csi.shape
    assert np.isclose(np.abs(frames).sum(dtype=float), np.abs(want.csi).sum(dtype=float))


def test_one_lane(source, tmp_path):
    done = convert(open_capture(source), tmp_path / "one.rvcsi", lane=1)
    assert (done.frames, done.records) == (1, 4)
    with pytest.raises(ConfigError, match="no lane 9"):
        convert(open_capture(source), tmp_path / "none.rvcsi", lane=9)
    assert not (tmp_path / "none.rvcsi").exists()
    assert not list(tmp_path.glob(".*"))


def test_repair_keeps_what_is_readable(source, tmp_path):
    done = repair(open_capture(source), tmp_path / "out.rvcsi")
    assert (done.frames, done.skipped) == (3, {"line that is no frame": 1})
    assert (tmp_path / "out.rvcsi").read_bytes() == TEXT.replace(b"junk\n", b"")


def test_repair_of_an_arrow_file_that_was_cut_off(tmp_path):
    recorder = ArrowRecorder(tmp_path / "live.arrows.zst", Origin(source="s", family=Family.SIM))
    for k in range(3):
        recorder.write([bare_batch(100, 0, first=100 * k)])
    recorder.close()
    cut = tmp_path / "cut.arrows.zst"
    cut.write_bytes((tmp_path / "live.arrows.zst").read_bytes()[:-9])
    done = repair(open_capture(cut), tmp_path / "whole.arrows.zst")
    assert (done.frames, done.skipped) == (200, {"cut short by the end of the file": 100})
    assert done.warnings == ("the file ends inside a batch; everything before it was read",)
    assert open_capture(tmp_path / "whole.arrows.zst").survey.skipped == {}


def test_a_format_that_is_only_read_is_not_repaired(tmp_path):
    with pytest.raises(ConfigError, match="only read here"):
        repair(open_capture(recording("nexmon/output-rssi.pcap")), tmp_path / "x.pcap")


def test_samples_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"Q8\.8"):
        convert(open_capture(recording("nexmon/output-rssi.pcap")), tmp_path / "x.rvnx")
    assert list(tmp_path.iterdir()) == []


def test_command_refuses_to_overwrite(source, tmp_path):
    out = tmp_path / "out.csv"
    first = CliRunner().invoke(csi, ["convert", str(source), str(out)])
    assert first.stdout == f"wrote 3 frames to {out} (csv)\n"
    assert first.stderr == "skipped 1: line that is no frame\n"
    again = CliRunner().invoke(csi, ["convert", str(source), str(out)])
    assert isinstance(again.exception, ConfigError)
    assert "--force" in str(again.exception)
    assert CliRunner().invoke(csi, ["convert", "--force", str(source), str(out)]).exit_code == 0


def test_command_names_the_suffixes_it_knows(source, tmp_path):
    result = CliRunner().invoke(csi, ["convert", str(source), str(tmp_path / "x.docx")])
    assert isinstance(result.exception, ConfigError)
    assert ".arrows.zst" in str(result.exception)


def test_repair_command(source, tmp_path):
    out = tmp_path / "out.rvcsi"
    result = CliRunner().invoke(csi, ["repair", str(source), str(out)])
    assert result.stdout == f"wrote 3 frames to {out} (rvcsi)\n"
