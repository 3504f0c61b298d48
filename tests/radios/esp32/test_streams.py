"""Every stream of ESP32 records: cuts, truncation, damage, arbitrary bytes."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from airsonde.radios.esp32.csv_decoder import CsvDecoder
from airsonde.radios.esp32.decode import Adr018Decoder
from airsonde.radios.esp32.json_decoder import JsonDecoder
from airsonde.radios.esp32.layout import Flags, layout_by_flags
from tests.radios.battery import content, outcome
from tests.radios.esp32 import build

_PLAIN = Flags(ppdu=None, wide=False, stbc=False, secondary=0)
_ROWS = [
    build.pairs(layout_by_flags(n, _PLAIN), seed) for seed, n in enumerate((64, 128, 64, 192, 52))
]
STREAMS = {
    "csv": (
        lambda: CsvDecoder("x"),
        [build.tool_line(row, t_us=1000 * i) for i, row in enumerate(_ROWS, 1)],
    ),
    "classic-csv": (
        lambda: CsvDecoder("x"),
        [build.classic_line(row, seq=i, t_us=1000 * i) for i, row in enumerate(_ROWS, 1)],
    ),
    "json": (
        lambda: JsonDecoder("x"),
        [build.json_line(r, t_s=float(i)) for i, r in enumerate(_ROWS)],
    ),
    "adr018": (lambda: Adr018Decoder("x"), [build.datagram(r, seq=i) for i, r in enumerate(_ROWS)]),
}
streams = pytest.mark.parametrize("name", STREAMS)


@streams
@settings(max_examples=40, deadline=None)
@given(draw=st.data())
def test_frames_do_not_depend_on_the_cuts(name, draw):
    make, records = STREAMS[name]
    data = bytearray(b"".join(records))
    for at in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=3)):
        data[at] ^= 0x11
    cuts = draw.draw(st.lists(st.integers(0, len(data)), max_size=6))
    assert outcome(make, bytes(data), cuts) == outcome(make, bytes(data))


@streams
@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=3000))
def test_arbitrary_bytes_give_an_answer(name, data):
    make, records = STREAMS[name]
    outcome(make, data)
    frames, _ = outcome(make, data + b"".join(records))
    assert len(frames) >= len(records) - 1


@streams
@settings(max_examples=50, deadline=None)
@given(text=st.text('CSI_DATA,[]0123456789-"\n{}:', max_size=400))
def test_text_of_the_same_letters_gives_an_answer(name, text):
    make, records = STREAMS[name]
    frames, _ = outcome(make, text.encode() + b"\n" + b"".join(records))
    assert len(frames) >= len(records) - 1


@streams
def test_truncation_at_every_offset_loses_only_the_last_record(name):
    make, records = STREAMS[name]
    data = b"".join(records[:2])
    whole, _ = outcome(make, data)
    assert len(whole) == 2
    for end in range(0, len(data), 5):
        frames, skipped = outcome(make, data[:end])
        assert content(frames) <= content(whole)
        assert len(frames) >= (end >= len(records[0]))
        assert len(frames) + sum(skipped.values()) == (end > 0) + (end > len(records[0]))


@streams
def test_a_flipped_bit_costs_one_record_at_most(name):
    make, records = STREAMS[name]
    data = b"".join(records)
    whole = content(outcome(make, data)[0])
    first = len(records[0])
    for at in range(first, first + min(len(records[1]), 360)):
        bit = 5 * at % 8
        bad = bytearray(data)
        bad[at] ^= 1 << bit
        frames, _ = outcome(make, bytes(bad))
        assert len(whole - content(frames)) <= 1, (at, bit)


@streams
@pytest.mark.parametrize("missing", [7, 33, 60])
def test_lost_bytes_cost_one_record(name, missing):
    make, records = STREAMS[name]
    whole = content(outcome(make, b"".join(records))[0])
    short = records[1][: len(records[1]) // 2] + records[1][len(records[1]) // 2 + missing :]
    frames, skipped = outcome(make, b"".join([records[0], short, *records[2:]]))
    assert len(whole - content(frames)) == 1
    assert sum(skipped.values()) >= 1


@streams
def test_a_lost_byte_costs_one_record_at_most(name):
    make, records = STREAMS[name]
    whole = content(outcome(make, b"".join(records))[0])
    for at in range(0, len(records[1]), 7):
        short = records[1][:at] + records[1][at + 1 :]
        frames, _ = outcome(make, b"".join([records[0], short, *records[2:]]))
        assert len(whole - content(frames)) <= 1


@pytest.mark.parametrize("name", ["csv", "classic-csv"])
def test_a_lost_line_break_costs_one_row_at_most(name):
    make, records = STREAMS[name]
    whole = content(outcome(make, b"".join(records))[0])
    frames, _ = outcome(make, records[0][:-20] + b"".join(records[1:]))
    assert len(frames) == len(records) - 1
    assert content(frames) < whole


def test_foreign_bytes_between_datagrams_are_one_skipped_record():
    make, records = STREAMS["adr018"]
    whole, none = outcome(make, b"".join(records))
    data = b"".join([records[0], b"\x5a" * 12000, *records[1:]])
    frames, skipped = outcome(make, data, cuts=range(0, len(data), 97))
    assert content(frames) == content(whole)
    assert none == {}
    assert skipped == {"garbage between records": 1}


@streams
def test_a_long_damaged_stream_takes_linear_time(name):
    make, records = STREAMS[name]
    broken = b"".join(records)[: -len(records[-1]) // 3]
    frames, skipped = outcome(make, broken * (200_000 // len(broken)))
    assert len(frames) >= 1
    assert sum(skipped.values()) >= 1
