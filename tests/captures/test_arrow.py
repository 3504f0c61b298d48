"""Arrow captures: every column back, damage stays local, a cut file reads up to the cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.captures.arrow import ArrowReader, ArrowRecorder, ArrowWriter
from airsonde.captures.arrow_decode import ArrowDecoder
from airsonde.captures.capture import open_capture
from airsonde.captures.model import OpenOptions, Origin
from airsonde.core.errors import DriverError
from airsonde.csi.batches import by_lane, concatenate
from airsonde.csi.model import Family
from airsonde.testing.decoder_contract import batches_in_pieces
from tests.captures.frames import assert_same, bare_batch, full_batch, interleaved_lanes

ORIGIN = Origin(source="s", family=Family.INTEL5300, chip="c", session=7, notes={"a": "b"})


def written(tmp_path, blocks, origin=ORIGIN):
    path = tmp_path / "x.arrows.zst"
    writer = ArrowWriter(path, origin)
    for block in blocks:
        writer.write(block)
    writer.close()
    return path


def recorded(path, batches):
    recorder = ArrowRecorder(path, ORIGIN)
    for batch in batches:
        recorder.write([batch])
    recorder.close()
    return path.read_bytes()


def decode(data, cuts=()):
    decoder = ArrowDecoder()
    return decoder, batches_in_pieces(decoder, data, cuts)


@pytest.mark.parametrize(
    "batch", [full_batch(), bare_batch(), full_batch(1), bare_batch(300, size=1)]
)
def test_every_column_comes_back(batch, tmp_path):
    path = written(tmp_path, [[batch]])
    capture = open_capture(path)
    assert capture.format == "arrow"
    assert_same(concatenate(list(capture)), batch)
    assert capture.survey.records == len(batch)


def test_negative_zero_is_not_lost_to_int16(tmp_path):
    batch = bare_batch()
    batch.csi[0, 0, 0, 0] = complex(-0.0, 0.0)
    (got,) = open_capture(written(tmp_path, [[batch]]))
    assert_same(got, batch)


def test_lanes_keep_their_order_and_are_the_same_objects(tmp_path):
    blocks = interleaved_lanes()
    reader = ArrowReader(written(tmp_path, blocks), OpenOptions())
    got = [b for block in reader.blocks() for b in block]
    expected = by_lane([b for block in blocks for b in block])
    for one, two in zip(by_lane(got), expected, strict=True):
        assert_same(one, two)
    assert (reader.family, reader.chip, reader.session) == (Family.INTEL5300, "c", 7)
    assert reader.notes == {"a": "b"}


def test_a_large_batch_is_cut_and_a_stretch_comes_out_whole(tmp_path):
    big, other = bare_batch(3000, 0, 256), bare_batch(3000, 1, 128)
    reader = ArrowReader(written(tmp_path, [[big, other]]), OpenOptions())
    blocks = list(reader.blocks())
    last = -1
    for block in blocks:
        first = min(int(b.index[0]) for b in block)
        assert first > last or len(blocks) == 1
        last = max(int(b.index[-1]) for b in block)
    for got, expected in zip(by_lane([b for x in blocks for b in x]), (big, other), strict=True):
        assert_same(got, expected)


def test_an_empty_capture_is_one(tmp_path):
    capture = open_capture(written(tmp_path, []))
    assert list(capture) == []
    assert capture.survey.records == 0


def test_the_source_can_be_named(tmp_path):
    path = written(tmp_path, [[full_batch()]])
    (batch,) = open_capture(path, options=OpenOptions(source="other"))
    assert batch.lane.source == "other"


def live(tmp_path, count=6):
    batches = [bare_batch(100, 0, 4, first=100 * k) for k in range(count)]
    return recorded(tmp_path / "live.arrows.zst", batches)


def test_a_live_recording_is_never_overwritten(tmp_path):
    live(tmp_path)
    with pytest.raises(DriverError, match="File exists"):
        ArrowRecorder(tmp_path / "live.arrows.zst", ORIGIN)


def test_a_live_recording_is_on_the_disk_batch_by_batch(tmp_path):
    path = tmp_path / "live.arrows.zst"
    recorder = ArrowRecorder(path, ORIGIN, fsync=True)
    recorder.write([bare_batch(100)])
    assert decode(path.read_bytes())[0].tally.decoded == 100
    recorder.write([])
    recorder.write([bare_batch(5, first=100)])
    recorder.abort()
    assert decode(path.read_bytes())[0].tally.decoded == 105


def test_a_cut_file_reads_up_to_the_last_whole_batch(tmp_path):
    data = live(tmp_path)
    marks = [n for n in range(len(data)) if data[n : n + 12] == data[:12]]
    ends = [*marks[2:], len(data)]
    for end in [*range(0, len(data), 13), *ends]:
        decoder, batches = decode(data[:end])
        whole = 100 * sum(e <= end for e in ends)
        assert decoder.tally.decoded == whole == sum(map(len, batches))
        if end not in {0, 32, *ends}:
            assert decoder.tally.skipped.total() > 0
            assert decoder.warnings


@settings(max_examples=80, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_costs_its_batch_only(at, bit, tmp_path_factory):
    data = bytearray(live(tmp_path_factory.mktemp("flip")))
    data[int(at * len(data))] ^= 1 << bit
    decoder, batches = decode(bytes(data))
    assert decoder.tally.decoded == sum(map(len, batches)) >= 500
    if decoder.tally.decoded == 500:
        assert decoder.tally.skipped.total() in {1, 100}
    assert all(np.all(b.csi.real == -b.csi.imag / 2 + 1.5) for b in batches)


def test_missing_bytes_cost_their_batch_only(tmp_path):
    data = live(tmp_path)
    third = [n for n in range(len(data)) if data[n : n + 12] == data[:12]][3]
    decoder, _ = decode(data[: third + 50] + data[third + 90 :])
    assert decoder.tally.decoded == 500
    assert decoder.tally.skipped == {"damaged batch": 100}


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 6000), max_size=6))
def test_frames_do_not_depend_on_cuts(cuts, tmp_path_factory):
    data = live(tmp_path_factory.mktemp("cut"))
    pieces, parts = decode(data, cuts)
    assert pieces.tally.decoded == 600
    assert concatenate(parts).index.tolist() == list(range(600))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data):
    decoder, batches = decode(data)
    assert batches == []
    assert decoder.tally.decoded == 0


def test_any_arrow_library_reads_it(tmp_path):
    pa = pytest.importorskip("pyarrow")
    zstandard = pytest.importorskip("zstandard")
    batch = full_batch(6)
    path = written(tmp_path, [[batch]])
    with path.open("rb") as file:
        plain = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()
    table = pa.ipc.open_stream(plain).read_all()
    assert table.column("t_ns").to_pylist() == batch.t_ns.tolist()
    assert table.column("reasons").to_pylist()[0] == '["missing rssi"]'
    assert len(table.column("csi")[0].as_py()) == 2 * 8 * 2
