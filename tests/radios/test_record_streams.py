"""Every family that is a stream of records: cuts, truncation, damage, arbitrary bytes."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.radios.battery import content, outcome
from tests.radios.streams import STREAMS

families = pytest.mark.parametrize("name", STREAMS)


@families
@settings(max_examples=40, deadline=None)
@given(draw=st.data())
def test_frames_do_not_depend_on_the_cuts(name, draw):
    make, records = STREAMS[name]
    data = bytearray(b"".join(records))
    for at in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=3)):
        data[at] ^= 0x11
    cuts = draw.draw(st.lists(st.integers(0, len(data)), max_size=6))
    assert outcome(make, bytes(data), cuts) == outcome(make, bytes(data))


@families
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=3000))
def test_arbitrary_bytes_give_an_answer(name, data):
    make, records = STREAMS[name]
    outcome(make, data)
    frames, _ = outcome(make, data + b"".join(records))
    assert len(frames) >= len(records) - 1


@families
def test_truncation_at_every_offset_loses_only_the_last_record(name):
    make, records = STREAMS[name]
    data = b"".join(records[:2])
    whole, _ = outcome(make, data)
    assert len(whole) == 2
    for end in range(len(data)):
        frames, skipped = outcome(make, data[:end])
        survivors = (end >= len(records[0])) + (end >= len(data))
        partial = end not in {0, len(records[0])}
        assert len(frames) == survivors
        assert sum(skipped.values()) == partial
        assert content(frames) <= content(whole)


@families
def test_a_flipped_bit_costs_one_record_at_most(name):
    make, records = STREAMS[name]
    data = b"".join(records)
    whole = content(outcome(make, data)[0])
    first = len(records[0])
    for at in range(first, first + min(len(records[1]), 400)):
        bit = 5 * at % 8
        bad = bytearray(data)
        bad[at] ^= 1 << bit
        frames, _ = outcome(make, bytes(bad))
        assert len(whole - content(frames)) <= 1, (at, bit)


@families
@pytest.mark.parametrize("missing", [1, 7, 33, 60])
def test_lost_bytes_cost_one_record(name, missing):
    make, records = STREAMS[name]
    whole = content(outcome(make, b"".join(records))[0])
    short = records[1][: len(records[1]) // 2] + records[1][len(records[1]) // 2 + missing :]
    frames, skipped = outcome(make, b"".join([records[0], short, *records[2:]]))
    assert len(whole - content(frames)) == 1
    assert sum(skipped.values()) >= 1


@families
def test_foreign_bytes_between_records_are_one_skipped_record(name):
    make, records = STREAMS[name]
    whole, none = outcome(make, b"".join(records))
    data = b"".join([records[0], b"\x5a" * 3000, *records[1:]])
    frames, skipped = outcome(make, data, cuts=range(0, len(data), 97))
    assert content(frames) == content(whole)
    assert none == {}
    assert skipped == {"garbage between records": 1}


@families
def test_sound_records_survive_alone_among_damage(name):
    make, records = STREAMS[name]
    whole = content(outcome(make, b"".join(records))[0])
    frames, skipped = outcome(make, b"".join(b"\x01" * 5 + record for record in records) + b"\x01")
    assert content(frames) == whole
    assert skipped["garbage between records"] == len(records)


@families
def test_a_length_far_too_long_costs_one_record(name):
    make, records = STREAMS[name]
    whole = content(outcome(make, b"".join(records * 3))[0])
    bad = bytearray(b"".join(records * 3))
    bad[len(records[0]) + 1] ^= 0x40
    frames, _ = outcome(make, bytes(bad))
    assert len(frames) == 3 * len(records) - 1
    assert content(frames) == whole


@families
def test_a_long_damaged_stream_takes_linear_time(name):
    make, records = STREAMS[name]
    broken = b"".join(records)[: -len(records[-1]) // 3]
    frames, skipped = outcome(make, broken * (200_000 // len(broken)))
    assert len(frames) >= 1
    assert sum(skipped.values()) >= 1
