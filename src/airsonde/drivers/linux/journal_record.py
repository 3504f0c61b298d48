"""The journal's records: one line of JSON each, behind a checksum."""

import zlib
from contextlib import suppress
from typing import Any

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of one knob: what stood before us, and our last two values for it.

    Two, because the newest may have been written ahead without being applied.
    """

    kind: str
    target: str
    before: Any
    ours: tuple[Any, ...]
    boot: str


def line_of(entry: Entry) -> bytes:
    text = msgspec.json.encode(entry)
    return b"%08x %s\n" % (zlib.crc32(text), text)


def entry_of(line: bytes) -> Entry | None:
    """A record whose checksum holds, or None."""
    checksum, _, text = line.partition(b" ")
    with suppress(ValueError, msgspec.MsgspecError):
        if int(checksum, 16) == zlib.crc32(text):
            return msgspec.json.decode(text, type=Entry)
    return None
