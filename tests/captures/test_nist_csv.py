import numpy as np
import pytest

import airsonde
from airsonde.core.channel import Band, Channel
from airsonde.core.errors import DecodeError
from tests.recordings import recording

KINDS = ("real", "imag", "status")


def rows(count: int, tones: int = 56, n_tx: int = 2) -> dict[str, list[str]]:
    """Log rows whose real part is rx · 100 + tx · 10 + tone % 10, imaginary part its negative."""
    block = np.zeros((3, 3, 114), dtype=int)
    for rx in range(3):
        for tx in range(n_tx):
            block[rx, tx, :tones] = rx * 100 + tx * 10 + np.arange(tones) % 10
    status = (
        f"5200.0,0.0,135.0,3.0,{n_tx}.0,{tones}.0,0.0,7.0,37.0,26.0,34.0,33.0,1040.0,840.0,1905.0"
    )
    return {
        "real": [",".join(map(str, block.ravel()))] * count,
        "imag": [",".join(map(str, -block.ravel()))] * count,
        "status": [f"1544130838.{423221 + i:06d},{status}" for i in range(count)],
    }


def written(folder, logs):
    for kind in KINDS:
        (folder / f"config0001_csi_{kind}_log.csv").write_text(
            "".join(f"{row}\n" for row in logs[kind])
        )
    (folder / "config0001.csv").write_text("Var1,Value\n")
    return folder


def test_a_directory_is_one_capture(tmp_path):
    capture = airsonde.open(written(tmp_path, rows(300)))
    batch = capture.read()
    assert capture.format == "nist-csv"
    assert capture.survey.family == "atheros"
    assert batch.csi.shape == (300, 3, 2, 56)
    assert batch.csi[7, 2, 1, 34] == complex(214, -214)
    assert batch.t_ns[:2].tolist() == [1544130838423221000, 1544130838423222000]
    assert batch.lane.channel == Channel(Band.GHZ_5, 40, 20, 5200)
    assert batch.lane.subcarriers.tolist() == [*range(-28, 0), *range(1, 29)]
    assert batch.rssi_dbm[0] == 37 - 95
    assert batch.extra["rssi_1_db"][0] == 34


@pytest.mark.parametrize("kind", KINDS)
def test_any_file_of_the_triple_opens_it(tmp_path, kind):
    folder = written(tmp_path, rows(3))
    assert len(airsonde.open(folder / f"config0001_csi_{kind}_log.csv").read()) == 3


def test_damaged_rows_cost_themselves(tmp_path):
    logs = rows(7)
    logs["real"][1] = logs["real"][1].replace("1", "x")
    logs["imag"][2] = logs["imag"][2] + ",5"
    logs["status"][3] = logs["status"][3].replace("56.0", "57.0")
    logs["status"][4] = "nan," * 15 + "nan"
    logs["real"].pop()
    capture = airsonde.open(written(tmp_path, logs))
    assert capture.read().index.tolist() == [0, 5]
    assert capture.survey.skipped == {
        "row has another number of columns": 1,
        "row is missing in one of the files": 1,
        "row is not numbers": 2,
        "status names impossible tones or antennas": 1,
    }


def test_rows_of_another_layout_are_another_lane(tmp_path):
    logs = rows(2)
    more = rows(1, tones=114, n_tx=1)
    for kind in KINDS:
        logs[kind].insert(1, more[kind][0])
    batches = list(airsonde.open(written(tmp_path, logs)))
    assert [(b.index.tolist(), b.csi.shape[1:]) for b in batches] == [
        ([0, 2], (3, 2, 56)),
        ([1], (3, 1, 114)),
    ]


def test_an_endless_line_is_refused(tmp_path):
    logs = rows(2)
    logs["imag"][1] = "5" * 70_000
    with pytest.raises(DecodeError, match="64 KB"):
        airsonde.open(written(tmp_path, logs)).read()


def test_a_directory_of_two_triples_is_ambiguous(tmp_path):
    written(tmp_path, rows(2))
    (tmp_path / "other_csi_status_log.csv").write_text("1\n")
    with pytest.raises(DecodeError, match="name a file"):
        airsonde.open(tmp_path)
    assert len(airsonde.open(tmp_path / "config0001_csi_real_log.csv").read()) == 2


@pytest.mark.parametrize("rate", ["BPM3", "BPM12", "BPM21", "BPM30"])
def test_a_recording_equals_its_text(rate):
    folder = recording(f"breathing/atheros_manikin_1mm/{rate}")
    capture = airsonde.open(folder)
    batch = capture.read()
    real = np.loadtxt(folder / "config0001_csi_real_log.csv", delimiter=",").reshape(-1, 3, 3, 114)
    assert capture.survey.records == capture.survey.decoded == 600
    assert np.array_equal(batch.csi.real, real[:, :, :2, :56])
    assert not real[:, :, 2].any()
    assert not real[:, :, :, 56:].any()
    assert capture.lanes[0].rate_hz == pytest.approx(9.5, abs=0.2)
