"""CSV, NPZ and Parquet: what stands in the files, and that nothing half-written stays."""

import csv
import json
import resource
from dataclasses import replace

import numpy as np
import pytest

from airsonde.captures.arrow_words import lane_of, lane_text
from airsonde.captures.capture import open_capture
from airsonde.captures.csv_line import COLUMNS
from airsonde.captures.model import Origin
from airsonde.captures.registry import named
from airsonde.core.errors import DecodeError, DriverError
from airsonde.csi.batches import by_lane
from airsonde.csi.model import Family
from tests.captures.frames import assert_same, assert_same_lane, bare_batch, interleaved_lanes

ORIGIN = Origin(source="s", family=Family.INTEL5300)
SUFFIXES = {"csv": ".csv", "npz": ".npz", "parquet": ".parquet"}


def written(name, tmp_path, blocks):
    path = tmp_path / f"x{SUFFIXES[name]}"
    writer = named(name).writer(path, ORIGIN)
    for block in blocks:
        writer.write(block)
    writer.close()
    return path


@pytest.fixture
def blocks():
    return interleaved_lanes()


@pytest.fixture
def lanes(blocks):
    return by_lane([b for block in blocks for b in block])


def test_npz_keys_and_values(tmp_path, blocks, lanes):
    archive = np.load(written("npz", tmp_path, blocks))
    assert len(archive.files) == 14
    for number, batch in enumerate(lanes):
        got = {
            k: archive[f"lane{number}_{k}"]
            for k in ("t_ns", "csi", "subcarriers", "rssi_dbm", "valid")
        }
        assert [v.dtype for v in got.values()] == [
            np.int64,
            np.complex64,
            np.int16,
            np.float32,
            bool,
        ]
        assert np.array_equal(got["t_ns"], batch.t_ns)
        assert np.array_equal(got["csi"], batch.csi)
        assert np.array_equal(got["subcarriers"], batch.lane.subcarriers)
        assert np.array_equal(got["rssi_dbm"], batch.rssi_dbm, equal_nan=True)
        assert np.array_equal(got["valid"], batch.lane.valid)


def test_npz_without_rssi_says_nan(tmp_path):
    archive = np.load(written("npz", tmp_path, [[bare_batch(3)]]))
    assert np.isnan(archive["lane1_rssi_dbm"]).all()


def test_npz_comes_back_lane_by_lane(tmp_path, blocks, lanes):
    capture = open_capture(written("npz", tmp_path, blocks))
    assert (capture.format, capture.survey.records) == ("npz", 40)
    for got, want in zip(by_lane(list(capture)), lanes, strict=True):
        assert np.array_equal(got.csi, want.csi)
        assert np.array_equal(got.t_ns, want.t_ns)
        assert np.array_equal(got.rssi_dbm, want.rssi_dbm, equal_nan=True)
        assert_same_lane(got.lane, want.lane)


def test_a_damaged_npz_is_a_decode_error_or_an_answer(tmp_path, blocks):
    path = written("npz", tmp_path, blocks)
    whole = path.read_bytes()
    for at in range(0, len(whole), 97):
        for data in (whole[:at], whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]):
            path.write_bytes(data)
            try:
                frames = sum(map(len, open_capture(path, format="npz")))
            except DecodeError:
                continue
            assert frames in {0, 20, 40}


def test_csv_columns_and_values(tmp_path, blocks, lanes):
    with written("csv", tmp_path, blocks).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [int(r["index"]) for r in rows[::2]] == list(range(40))
    assert [(r["rx"], r["tx"]) for r in rows[:2]] == [("0", "0"), ("1", "0")]
    first = rows[1]
    assert first["rssi_dbm"] == ""
    assert first["reasons"] == "missing rssi"
    assert (first["verdict"], first["channel"], first["width_mhz"]) == ("accepted", "36", "40")
    assert first["transmitter"] == "00:16:ea:12:34:56"
    assert [int(t) for t in first["subcarriers"].split()] == lanes[0].lane.subcarriers.tolist()
    i, q = (np.array(first[k].split(), np.float32) for k in "iq")
    assert np.array_equal(i + 1j * q, lanes[0].csi[0, 1, 0])


def test_csv_leaves_unknown_fields_empty(tmp_path):
    with written("csv", tmp_path, [[bare_batch(1)]]).open(newline="") as file:
        (row,) = csv.DictReader(file)
    empty = {k for k, v in row.items() if v == ""}
    unknown = {"transmitter", "ppdu", "channel", "width_mhz", "seq", "verdict", "reasons"}
    assert empty == unknown | {"rssi_dbm", "noise_dbm", "quality"}


def test_parquet_columns_and_values(tmp_path, blocks, lanes):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = written("parquet", tmp_path, [*blocks, [], [bare_batch(2, number=2, first=99)]])
    rows = parquet.read_table(path).to_pylist()
    assert [r["index"] for r in rows] == [*range(40), 99, 100]
    first = rows[0]
    assert first["rssi_dbm"] is None
    assert first["reasons"] == ["missing rssi"]
    assert np.array_equal(np.float32(first["i"]), lanes[0].csi[0].real.ravel())
    assert np.array_equal(np.float32(first["q"]), lanes[0].csi[0].imag.ravel())
    assert (rows[-1]["transmitter"], rows[-1]["channel"], rows[-1]["reasons"]) == (None, None, None)
    encodings = parquet.ParquetFile(path).metadata.row_group(0).column(17).encodings
    assert "BYTE_STREAM_SPLIT" in encodings


def test_parquet_comes_back_but_for_the_extras(tmp_path, blocks, lanes):
    pytest.importorskip("pyarrow")
    bare = bare_batch(3, number=2, first=99)
    capture = open_capture(written("parquet", tmp_path, [*blocks, [bare]]))
    assert (capture.format, capture.survey.records) == ("parquet", 43)
    for got, want in zip(by_lane(list(capture)), [*lanes, bare], strict=True):
        assert_same(got, replace(want, extra={}))


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1" + bytes(50) + b"PAR1"])
def test_a_damaged_parquet_is_a_decode_error(tmp_path, data):
    pytest.importorskip("pyarrow")
    path = tmp_path / "x.parquet"
    path.write_bytes(data)
    with pytest.raises(DecodeError, match="Parquet"):
        open_capture(path).summary()


@pytest.mark.parametrize("name", SUFFIXES)
def test_nothing_stays_of_an_aborted_file(name, tmp_path, blocks):
    writer = named(name).writer(tmp_path / f"x{SUFFIXES[name]}", ORIGIN)
    writer.write(blocks[0])
    writer.abort()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SUFFIXES)
def test_a_place_that_cannot_be_written_is_named(name, tmp_path):
    with pytest.raises(DriverError, match="cannot write"):
        named(name).writer(tmp_path / "no" / "x", ORIGIN)


def test_hundreds_of_short_lanes_need_few_open_files(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        lane = bare_batch().lane
        many = [replace(bare_batch(), lane=replace(lane, number=n)) for n in range(300)]
        path = written("npz", tmp_path, [many])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(open_capture(path).lanes) == 300


@pytest.mark.parametrize(
    "change",
    [{"n_rx": 0}, {"n_tx": 10**9}, {"subcarriers": [40000]}, {"valid": []}, {"number": "x"}],
)
def test_words_that_are_no_lane_are_a_decode_error(change):
    words = json.loads(lane_text(bare_batch().lane)) | change
    with pytest.raises(DecodeError, match="no lane"):
        lane_of(json.dumps(words).encode())
