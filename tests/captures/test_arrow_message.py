"""Arrow IPC messages: read back as written, refused when a single byte differs."""

import struct

import pytest

from airsonde.captures.arrow_message import schema_message, schema_stream, stream, take_apart
from airsonde.core.errors import DecodeError

SCHEMA = struct.pack("<Ii", 0xFFFFFFFF, 8) + b"a schema"
COLUMNS = [b"", b"\1\2\3\4", b"", b"", b"123456789"]


def written():
    return stream(SCHEMA, 4, [4, 4, 9], COLUMNS)


def test_what_is_written_is_read():
    parts = take_apart(written())
    assert (parts.schema, parts.rows) == (SCHEMA, 4)
    assert [bytes(b) for b in parts.buffers] == COLUMNS


def test_the_schema_stands_alone():
    assert schema_message(written()) == SCHEMA
    assert schema_stream(SCHEMA)[: len(SCHEMA)] == SCHEMA


@pytest.mark.parametrize("at", range(len(SCHEMA), len(SCHEMA) + 72))
def test_a_changed_byte_of_the_layout_is_refused(at):
    data = bytearray(written())
    data[at] ^= 1
    with pytest.raises((DecodeError, struct.error)):
        take_apart(bytes(data))


def test_rows_are_what_the_message_says():
    data = bytearray(written())
    data[len(SCHEMA) + 72] = 7
    assert take_apart(bytes(data)).rows == 7


@pytest.mark.parametrize("end", [0, 7, 16, 60, 200, -8])
def test_a_cut_stream_is_refused(end):
    with pytest.raises((DecodeError, struct.error)):
        take_apart(written()[:end])
