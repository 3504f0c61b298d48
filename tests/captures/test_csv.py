"""CSV captures are read back: the same samples to the bit, damage accounted for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from airsonde.apps.convert import convert
from airsonde.captures.capture import open_capture
from airsonde.captures.csv import CsvWriter
from airsonde.captures.csv_decode import CsvDecoder
from airsonde.captures.csv_line import HEADER
from airsonde.captures.model import OpenOptions, Origin
from airsonde.core.errors import DecodeError
from airsonde.csi.batches import by_lane
from airsonde.csi.model import Family
from tests.captures.frames import assert_same, bare_batch, full_batch, interleaved_lanes
from tests.recordings import recording

ORIGIN = Origin(source="s", family=Family.INTEL5300)


def written(tmp_path, blocks):
    path = tmp_path / "x.csv"
    writer = CsvWriter(path, ORIGIN)
    for block in blocks:
        writer.write(block)
    writer.close()
    return path


def decode(data):
    decoder = CsvDecoder()
    batches = decoder.feed(memoryview(data), final=True).batches
    return decoder.tally, batches


def kept(batch):
    """What the columns of the file hold of a batch."""
    lane = replace(batch.lane, chip=None, training=None, core=None, stream=None)
    return replace(batch, lane=lane, extra={})


def test_frames_come_back(tmp_path):
    blocks = interleaved_lanes()
    capture = open_capture(written(tmp_path, blocks))
    assert (capture.format, capture.survey.records) == ("csv", 40)
    expected = by_lane([b for block in blocks for b in block])
    for got, want in zip(by_lane(list(capture)), expected, strict=True):
        assert_same(got, kept(want))


def test_what_is_unknown_stays_so(tmp_path):
    (got,) = open_capture(written(tmp_path, [[bare_batch()]]))
    assert np.isnan(got.rssi_dbm).all()
    assert np.isnan(got.noise_dbm).all()
    assert (got.seq, got.verdict, got.quality, got.reasons) == (None,) * 4
    assert (got.lane.transmitter, got.lane.channel, got.lane.ppdu) == (None,) * 3


@settings(max_examples=60, deadline=None)
@given(
    parts=arrays(
        np.float32, (3, 8), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)
    )
)
def test_samples_are_the_same_bits(parts, tmp_path_factory):
    batch = replace(bare_batch(3), csi=parts.view(np.complex64).reshape(3, 1, 1, 4))
    (got,) = open_capture(written(tmp_path_factory.mktemp("bits"), [[batch]]))
    assert got.csi.tobytes() == batch.csi.tobytes()


@pytest.mark.parametrize("source", ["a, b", 'the "one"', "two\nlines", "ü"])
def test_texts_of_all_kinds(tmp_path, source):
    batch = full_batch(2)
    batch = replace(batch, lane=replace(batch.lane, source=source))
    path = written(tmp_path, [[batch]])
    (got,) = open_capture(path)
    assert got.lane.source == source.replace("\n", " ")
    (named,) = open_capture(path, options=OpenOptions(source="other"))
    assert named.lane.source == "other"


@pytest.mark.parametrize(
    "name", ["nexmon/example_4366c0.pcap", "esp32/example_100hz_pitraffic.csv"]
)
def test_a_recording_comes_back(name, tmp_path):
    source, out = open_capture(recording(name)), tmp_path / "y.csv"
    frames = convert(source, out).frames
    capture = open_capture(out)
    assert capture.survey.decoded == capture.survey.records == frames
    for lane in range(len(source.lanes)):
        one, two = source.read(lane), capture.read(lane)
        assert one.csi.tobytes() == two.csi.tobytes()
        assert np.array_equal(one.t_ns, two.t_ns)
        assert one.lane.family == two.lane.family


def lines(tmp_path):
    """A file of four frames of two chains."""
    return written(tmp_path, [[full_batch(4)]]).read_bytes().splitlines(keepends=True)


def test_a_missing_chain_costs_its_frame(tmp_path):
    whole = lines(tmp_path)
    for missing in range(1, 9):
        tally, batches = decode(b"".join(whole[:missing] + whole[missing + 1 :]))
        assert (tally.decoded, sum(map(len, batches))) == (3, 3)
        assert tally.skipped.total() == 1


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b",intel5300,", b",abacus,", "line that is no frame"),
        (b" -1 ", b" 99 ", "line that is no frame"),
        (b" -1 ", b" ", "vector length mismatch"),
        (b",accepted,", b",perhaps,", "line that is no frame"),
        (b"00:16:ea", b"00:16:xx", "line that is no frame"),
    ],
)
def test_a_bad_line_costs_its_frame(tmp_path, old, new, reason):
    whole = lines(tmp_path)
    for bad in (1, 3, 5, 7):
        broken = [
            w.replace(old, new, 1) if at in {bad, bad + 1} else w for at, w in enumerate(whole)
        ]
        tally, batches = decode(b"".join(broken))
        assert (tally.decoded, sum(map(len, batches))) == (3, 3)
        assert set(tally.skipped) == {reason}


@pytest.mark.parametrize("number", [b"1e39", b"null"])
def test_what_is_not_finite_costs_its_frame(tmp_path, number):
    head, one, two, *rest = lines(tmp_path)
    broken = two.rsplit(b" ", 1)[0] + b" " + number + b"\n"
    tally, _ = decode(b"".join([head, one, broken, *rest]))
    assert (tally.decoded, tally.skipped) == (3, {"value that is not finite": 1})


def test_a_cut_line_is_never_half_a_number(tmp_path):
    data = b"".join(lines(tmp_path))
    tally, batches = decode(data[:-2])
    assert (tally.decoded, tally.skipped) == (3, {"cut short by the end of the file": 1})
    assert sum(map(len, batches)) == 3


@pytest.mark.parametrize("line", [b"x", b"a,b", b",,,", b",,,,", b'"', b"\xff,\xff,\xff,\xff,\xff"])
def test_a_line_with_too_few_columns_costs_itself(line):
    tally, batches = decode(HEADER + b"\n" + line + b"\n")
    assert batches == []
    assert tally.skipped == {"line that is no frame": 1}


def test_other_columns_are_refused():
    with pytest.raises(DecodeError, match="columns"):
        decode(HEADER.replace(b"lane,", b"") + b"\n")
