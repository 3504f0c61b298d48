"""`.rvcsi`: the same bytes again, exact accounting, and nothing but DecodeError for bad bytes."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.captures.model import OpenOptions, Origin
from airsonde.captures.rvcsi import RvcsiReader, RvcsiWriter
from airsonde.captures.rvcsi_decode import RvcsiDecoder
from airsonde.core.errors import DecodeError, DriverError
from airsonde.csi.model import Family, FrameBatch, Lane, Verdict
from airsonde.csi.tones import grid
from airsonde.testing.decoder_contract import batches_in_pieces
from tests.recordings import vector

HEADER = (
    '{"rvcsi_capture_version":1,"session_id":3,"source_id":"wlan0","adapter_profile":'
    '{"adapter_kind":"Nexmon","chip":null,"firmware_version":null,"driver_version":null,'
    '"supported_channels":[],"supported_bandwidths_mhz":[],"expected_subcarrier_counts":[],'
    '"supports_live_capture":false,"supports_injection":false,"supports_monitor_mode":false},'
    '"validation_policy":{"min_subcarriers":1,"max_subcarriers":4096,"rssi_dbm_bounds":[-110,0],'
    '"strict_monotonic_time":false,"degrade_instead_of_reject":true,"min_quality":0.25},'
    '"calibration_version":null,"runtime_config_json":"{}","created_unix_ns":0}'
)
FRAME = (
    '{"frame_id":1,"session_id":3,"source_id":"wlan0","adapter_kind":"Nexmon",'
    '"timestamp_ns":1050000000,"channel":36,"bandwidth_mhz":80,"rssi_dbm":null,'
    '"noise_floor_dbm":null,"antenna_index":null,"tx_chain":null,"rx_chain":null,'
    '"subcarrier_count":2,"i_values":[1.0,-0.5],"q_values":[0.0,2.25],'
    '"amplitude":[1.0,2.304886],"phase":[0.0,1.7894653],"validation":"Accepted",'
    '"quality_score":0.95,"quality_reasons":["missing rssi"],"calibration_version":null}'
)


def frame(**changes):
    """One frame line with some fields changed; a value of ... removes the field."""
    fields = json.loads(FRAME) | changes
    return json.dumps({k: v for k, v in fields.items() if v is not ...}, separators=(",", ":"))


def capture(*lines):
    return "\n".join([HEADER, *lines, ""]).encode()


def decode(data, cuts=()):
    decoder = RvcsiDecoder()
    return decoder, batches_in_pieces(decoder, data, cuts)


def rewrite(source, destination):
    reader = RvcsiReader(source, OpenOptions())
    origin = Origin(source="", family=reader.family, chip=reader.chip, notes=reader.notes)
    writer = RvcsiWriter(destination, origin)
    for block in reader.blocks():
        writer.write(block)
    writer.close()
    return reader


@pytest.mark.parametrize(
    "name",
    [
        "reference/output-rssi.rvcsi",
        "reference/p20.rvcsi",
        "reference/rvnx_recorded.rvcsi",
        "reference/real_n1_64.rvcsi.gz",
        "inputs/real_n1_mix.rvcsi.gz",
        "inputs/real_n2_64.rvcsi.gz",
    ],
)
def test_reference_files_come_back_byte_for_byte(name, tmp_path):
    data = vector(name).read_bytes()
    if name.endswith(".gz"):
        data = gzip.decompress(data)
    source = tmp_path / "in.rvcsi"
    source.write_bytes(data)
    reader = rewrite(source, tmp_path / "out.rvcsi")
    assert (tmp_path / "out.rvcsi").read_bytes() == data
    assert reader.tally.skipped.total() == 0
    assert reader.tally.records == data.count(b"\n") - 1


def test_everything_a_line_says_survives(tmp_path):
    lines = [
        FRAME,
        frame(frame_id=2**64 - 1, session_id=2**64 - 1, adapter_kind="Replay"),
        frame(source_id='a "b" \u00fc', antenna_index=1, tx_chain=2, rx_chain=3),
        frame(rssi_dbm=-55, noise_floor_dbm=-92, quality_reasons=..., validation="Recovered"),
        frame(calibration_version="room@v1", channel=0, bandwidth_mhz=0, timestamp_ns=0),
        frame(
            i_values=[-0.0, 1e-7],
            q_values=[0.0, 0.0],
            amplitude=[0.0, 1e-7],
            phase=[3.1415927, 0.0],
        ),
        frame(subcarrier_count=0, i_values=[], q_values=[], amplitude=[], phase=[]),
    ]
    text = capture(*lines).decode().replace("1e-07", "1e-7").replace("\\u00fc", "\u00fc").encode()
    source = tmp_path / "in.rvcsi"
    source.write_bytes(text)
    rewrite(source, tmp_path / "out.rvcsi")
    assert (tmp_path / "out.rvcsi").read_bytes() == text


def test_fft_order_becomes_ascending_and_comes_back(tmp_path):
    raw = [float(k) for k in range(64)]
    zero = [0.0] * 64
    line = frame(subcarrier_count=64, i_values=raw, q_values=zero, amplitude=raw, phase=zero)
    _, (batch,) = decode(capture(line))
    assert batch.csi.shape == (1, 1, 1, 64)
    assert batch.csi[0, 0, 0, batch.lane.subcarriers == 5].real.tolist() == [5]
    assert batch.csi[0, 0, 0, batch.lane.subcarriers == -1].real.tolist() == [63]
    assert batch.lane.subcarriers[~batch.lane.valid].tolist() == [28, 29, 30]
    source = tmp_path / "in.rvcsi"
    source.write_bytes(capture(line))
    rewrite(source, tmp_path / "out.rvcsi")
    assert (tmp_path / "out.rvcsi").read_bytes() == capture(line)


def test_lane_and_columns():
    _, (batch,) = decode(capture(FRAME))
    lane = batch.lane
    assert (lane.source, lane.family, lane.stated) == ("wlan0", Family.NEXMON, (36, 80))
    assert batch.t_ns.tolist() == [1050000000]
    assert np.isnan(batch.rssi_dbm).all()
    assert batch.verdict.tolist() == [Verdict.ACCEPTED]
    assert batch.quality.tolist() == [np.float32(0.95)]
    assert batch.reasons == (("missing rssi",),)
    assert batch.extra["session_id"].tolist() == [3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not a frame}", "line that is no frame"),
        (frame(i_values=...), "line that is no frame"),
        (frame(validation="Fine"), "line that is no frame"),
        (frame(frame_id=2**64), "line that is no frame"),
        (frame(timestamp_ns=2**63), "line that is no frame"),
        (frame(phase=["x", "y"]), "line that is no frame"),
        (frame(i_values=[1.0, None]), "value that is not finite"),
        (frame(phase=[None, 1.0]), "value that is not finite"),
        (frame(i_values=[1e39, 0.0]), "value that is not finite"),
        (frame(subcarrier_count=3), "vector length mismatch"),
        (frame(amplitude=[1.0]), "vector length mismatch"),
    ],
)
def test_a_bad_line_costs_itself(line, reason):
    decoder, batches = decode(capture(FRAME, line, FRAME))
    assert decoder.tally.decoded == 2
    assert decoder.tally.skipped == {reason: 1}
    assert [i for b in batches for i in b.index.tolist()] == [0, 2]


def test_stated_numbers_beyond_any_float_count_as_not_stated():
    line = frame(amplitude=[7777.0, 1.0]).replace("7777.0", "1e999")
    decoder, (batch,) = decode(capture(line))
    assert decoder.tally.decoded == 1
    assert "amplitude" not in batch.extra


def test_blank_lines_and_line_ends_of_windows_are_no_records():
    decoder, _ = decode(capture(FRAME, "", FRAME).replace(b"\n", b"\r\n"))
    assert decoder.tally.decoded == 2
    assert decoder.tally.records == 2


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"not json\n", b"{}\n", HEADER.replace(":1,", ":2,", 1).encode() + b"\n"]
)
def test_a_bad_header_is_a_decode_error_at_the_start(data, tmp_path):
    path = tmp_path / "bad.rvcsi"
    path.write_bytes(data)
    with pytest.raises(DecodeError) as caught:
        RvcsiReader(path, OpenOptions())
    assert caught.value.offset == 0


def test_own_frames_are_written_as_the_reference_writes_them(tmp_path):
    lane = Lane(
        number=0, source="s", family=Family.INTEL5300, n_rx=2, n_tx=1,
        subcarriers=grid(2), valid=np.ones(2, bool),
    )  # fmt: skip
    csi = np.array([[[[3 + 4j, 0]], [[-1, 10 - 10j]]]], np.complex64)
    batch = FrameBatch(lane=lane, index=np.array([7]), t_ns=np.array([1000]), csi=csi)
    path = tmp_path / "own.rvcsi"
    writer = RvcsiWriter(path, Origin(source="s", family=lane.family, session=9))
    writer.write([batch])
    writer.close()
    header, *frames = [json.loads(line) for line in path.read_text().splitlines()]
    assert header["adapter_profile"]["adapter_kind"] == "Intel"
    assert [(f["frame_id"], f["rx_chain"], f["tx_chain"]) for f in frames] == [(0, 0, 0), (1, 1, 0)]
    assert frames[0]["amplitude"] == [5.0, 0.0]
    assert frames[1]["validation"] == "Pending"
    assert frames[1]["session_id"] == 9


def test_an_aborted_file_leaves_nothing(tmp_path):
    writer = RvcsiWriter(tmp_path / "gone.rvcsi", Origin(source="s", family=Family.SIM))
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(DriverError, match="cannot write"):
        RvcsiWriter(tmp_path / "no" / "where.rvcsi", Origin(source="s", family=Family.SIM))


MIXED = capture(FRAME, frame(channel=6), "", "junk", frame(subcarrier_count=1), FRAME)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(MIXED)), max_size=6))
def test_frames_do_not_depend_on_where_the_bytes_are_cut(cuts):
    whole, batches = decode(MIXED)
    pieces, parts = decode(MIXED, cuts)
    assert pieces.tally == whole.tally
    assert sorted(i for b in parts for i in b.index) == sorted(i for b in batches for i in b.index)
    assert {b.lane.number for b in parts} == {b.lane.number for b in batches}


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(MIXED) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_costs_its_line_at_most(at, bit):
    data = bytearray(MIXED)
    data[at] ^= 1 << bit
    try:
        decoder, batches = decode(bytes(data))
    except DecodeError:
        assert at <= len(HEADER)
        return
    assert decoder.tally.decoded == sum(len(b) for b in batches)
    assert decoder.tally.decoded >= 1


def test_every_cut_file_reads_up_to_the_cut():
    for end in range(0, len(MIXED), 7):
        try:
            decoder, batches = decode(MIXED[:end])
        except DecodeError:
            assert end < len(HEADER)
            continue
        assert decoder.tally.decoded == sum(len(b) for b in batches)
        assert decoder.tally.decoded >= MIXED[:end].count(b"\n" + FRAME.encode() + b"\n")
