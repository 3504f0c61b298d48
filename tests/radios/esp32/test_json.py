"""JSON lines of four dialects."""

import json

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from airsonde.radios.esp32.json_decoder import JsonDecoder
from airsonde.radios.esp32.layout import Flags, layout_by_flags
from tests.radios.battery import outcome
from tests.radios.esp32 import build

ROW = build.pairs(layout_by_flags(64, Flags(ppdu=None, wide=False, stbc=False, secondary=0)))


def decode(*rows):
    decoder = JsonDecoder("x")
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in rows]
    return decoder, decoder.feed(memoryview(b"\n".join(lines)), final=True).batches


def test_rewrapped_datagrams_have_no_rssi():
    decoder, (batch,) = decode(build.json_line(ROW).strip())
    assert batch.rssi_dbm is None
    assert batch.t_ns.tolist() == [1_775_182_186_957_776_000]
    assert batch.lane.source == "x-node1"
    assert batch.csi[0, 0, 0, 33] == complex(ROW[3], ROW[2])
    assert decoder.warnings == []


def test_wrong_offsets_are_repaired_and_said_to_be():
    datagram = build.datagram(ROW, node=3, mhz=2462, seq=77, rssi=-61, noise=-92)
    row = {"type": "csi", "ts_ns": 17, "node_id": 3, "rssi": 64, "channel": 0, "subcarriers": 70}
    decoder, (batch,) = decode(row | {"iq_hex": datagram[8:].hex()})
    assert batch.t_ns.tolist() == [17]
    assert (batch.rssi_dbm[0], batch.noise_dbm[0], batch.seq[0]) == (-61, -92, 77)
    assert batch.lane.channel.primary == 11
    assert len(batch.lane.subcarriers) == 64
    assert "12 header bytes" in decoder.warnings[0]


def test_right_offsets_are_left_alone():
    row = {"ts_ns": 17, "node_id": 3, "rssi": -60, "channel": 6, "iq_hex": ROW.tobytes().hex()}
    decoder, (batch,) = decode(row)
    assert batch.rssi_dbm.tolist() == [-60]
    assert batch.lane.channel.primary == 6
    assert decoder.warnings == []


def test_bare_amplitudes_are_real_and_said_to_be():
    amplitudes = [0.0, *[5.0] * 26, *[0.0] * 11, *[2.0] * 18]
    row = {"timestamp": 3.5, "subcarriers": amplitudes, "rssi": 0.0, "noise_floor": 0.0}
    decoder, (batch,) = decode(row)
    assert batch.t_ns.tolist() == [3_500_000_000]
    assert not batch.csi.imag.any()
    assert batch.csi[0, 0, 0, batch.lane.subcarriers == -32] == 0
    assert batch.csi[0, 0, 0, batch.lane.subcarriers == -26] == 2
    assert np.isnan(batch.rssi_dbm).all()
    assert "no phase" in decoder.warnings[0]


def test_amplitudes_without_time_are_said_to_be():
    decoder, (batch,) = decode({"node_id": 1, "amplitude": [float(i) for i in range(56)]})
    assert batch.t_ns.tolist() == [0]
    assert batch.lane.subcarriers[[0, 27, 28, 55]].tolist() == [-28, -1, 1, 28]
    assert len(decoder.warnings) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"type": "vitals", "magic": "0xC5110002"}, "vitals packet"),
        ({"type": "feature"}, "feature packet"),
        ({"magic": "0xC5110005", "size": 104}, "compressed packet"),
        ({"magic": "0xC5119999"}, "not a row"),
        ({"magic": [1]}, "not a row"),
        ([1, 2], "not a row"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"timestamp": 1, "iq_hex": "0g"}', "iq_hex is not hexadecimal"),
        ({"iq_hex": None}, "iq_hex is not hexadecimal"),
        ({"iq_hex": "00" * 126}, "ragged row"),
        ({"iq_hex": "00" * 127}, "ragged row"),
        ({"amplitude": ["x"]}, "amplitudes are not numbers"),
        ({"amplitude": [[1.0]]}, "ragged row"),
        ({"amplitude": []}, "ragged row"),
        (b'{"amplitude": [1, NaN]}', "amplitudes are not numbers"),
    ],
)
def test_what_is_no_row_is_counted(row, reason):
    decoder, batches = decode(build.json_line(ROW).strip(), row, build.json_line(ROW).strip())
    assert dict(decoder.tally.skipped) == {reason: 1}
    assert [b.index.tolist() for b in batches] == [[0, 2]]


_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.floats(), max_size=3),
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "timestamp",
                "ts_ns",
                "node_id",
                "rssi",
                "noise_floor",
                "channel",
                "type",
                "magic",
                "amplitude",
            ]
        ),
        _values,
    ),
    st.booleans(),
)
def test_any_value_in_any_field_gives_an_answer(fields, measured):
    row = fields | ({"iq_hex": ROW.tobytes().hex()} if measured else {})
    _, skipped = outcome(lambda: JsonDecoder("x"), json.dumps(row).encode())
    assert measured <= (sum(skipped.values()) == 0)
