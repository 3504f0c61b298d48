"""RF memory as JSON lines: the reference's own files, and everything that is none."""

import random

import numpy as np
import pytest

from airsonde.captures.memory_jsonl import encode_lines, read_memory
from airsonde.core.errors import AirsondeError, DecodeError
from airsonde.csi.memory import Memory, MemoryKind, RoomBaseline
from airsonde.testing.store_contract import some
from tests.recordings import vector

RECORD = (
    b'{"record":{"id":3,"kind":"Event","source_id":"a","timestamp_ns":5,"embedding":[0.5,-1.0]}}\n'
)
BASELINE = b'{"baseline":{"room":"hall","version":"hall@1","embedding":[0.5,-1.0]}}\n'


def written(kept):
    memories = [k for k in kept if isinstance(k, Memory)]
    return b"".join(encode_lines(memories, [k for k in kept if isinstance(k, RoomBaseline)]))


@pytest.mark.parametrize("name", ["output-rssi", "rvnx_recorded"])
def test_the_reference_files_come_back_byte_for_byte(name):
    path = vector(f"reference/{name}.rfmem.jsonl")
    kept = list(read_memory(path))
    assert {(k.encoder, k.kind) for k in kept} == {("rvcsi-window-68", MemoryKind.WINDOW)}
    assert written(kept) == path.read_bytes()


def test_lines_of_both_kinds_with_blank_ones_between(tmp_path):
    path = tmp_path / "memory.jsonl"
    path.write_bytes(b"\n" + BASELINE + b"  \r\n" + RECORD)
    baseline, event = read_memory(path)
    assert (baseline.room, baseline.version, baseline.encoder) == (
        "hall",
        "hall@1",
        "rvcsi-window-2",
    )
    assert (event.kind, event.encoder, event.source, event.t_ns) == (
        MemoryKind.EVENT,
        "rvcsi-event-2",
        "a",
        5,
    )
    assert event.embedding.tolist() == [0.5, -1.0]
    assert written([baseline, event]) == BASELINE + RECORD.replace(b'"id":3', b'"id":0')


def test_what_the_reference_has_no_field_for_is_added(tmp_path):
    path = tmp_path / "memory.jsonl"
    given = some(6)
    path.write_bytes(written(given))
    for one, other in zip(read_memory(path), given, strict=True):
        assert (one.room, one.encoder, one.numbers) == (other.room, other.encoder, other.numbers)
        assert (one.embedding == other.embedding).all()


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"\xff",
        RECORD[:40],
        b'{"record":null}',
        RECORD[:-2] + b"," + BASELINE[1:],
        RECORD.replace(b"Event", b"Rumour"),
        RECORD.replace(b":5", b":-5"),
        RECORD.replace(b":5", b":18446744073709551615"),
        RECORD.replace(b"[0.5,-1.0]", b"[]"),
        RECORD.replace(b"[0.5,-1.0]", b"[1e39]"),
        RECORD.replace(b"[0.5,-1.0]", b"[null]"),
        RECORD.replace(b"[0.5,-1.0]", b"[" + b"0," * 5000 + b"0]"),
        BASELINE.replace(b'"hall"', b'""'),
        b"[" * 100_000,
        b"x" * (3 << 20),
    ],
    ids=lambda line: line[:60].decode("latin-1"),
)
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "memory.jsonl"
    path.write_bytes(BASELINE + b"\n" + line.strip() + b"\n")
    with pytest.raises(DecodeError) as caught:
        list(read_memory(path))
    assert caught.value.offset == 3


def test_mutations_are_read_or_refused(tmp_path):
    path, chance = tmp_path / "memory.jsonl", random.Random(1)
    good = BASELINE + RECORD + written(some(3))
    refused = 0
    for _ in range(300):
        broken = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(bytes(broken))
        try:
            assert all(np.isfinite(kept.embedding).all() for kept in read_memory(path))
        except AirsondeError:
            refused += 1
    assert 50 < refused < 300
