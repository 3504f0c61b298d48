"""One record batch behind its schema as a whole Arrow IPC stream, in bytes and back.

The layout is that of the Arrow columnar format 1.4, "Serialization and Interprocess
Communication". The flatbuffer before the columns has one form here, so it is packed at once, and
read back by packing it again and comparing: nothing else is accepted. No column has nulls.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, repeat
from struct import Struct, pack, unpack_from
from typing import Final, NamedTuple, TypeAlias

from airsonde.core.errors import DecodeError

Buffer: TypeAlias = bytes | memoryview

_PREFIX: Final = Struct("<Ii")
_CONTINUES: Final = 0xFFFFFFFF
_END: Final = _PREFIX.pack(_CONTINUES, 0)
_ALIGN: Final = 8
# Root and table `Message` (body length, version, kind), table `RecordBatch` (rows), nodes follow
_COUNT: Final = Struct("<4xI")
_FRONT: Final = Struct("<I 6H iIqhB5x 5H6x iIqI4x 4xI")
_ROWS_AT: Final = 64
_NODES_AT: Final = 84  # their count; each is a length and a number of nulls
_MESSAGE: Final = (16, 12, 24, 16, 18, 4, 8, 12, 36)
_VERSION_5, _RECORD_BATCH = 4, 3
_BATCH: Final = (10, 24, 8, 4, 16, 16, 24)


class Parts(NamedTuple):
    """A stream taken apart: the schema's message, rows, and the buffers of all columns."""

    schema: bytes
    rows: int
    buffers: list[memoryview]


def stream(schema: bytes, rows: int, nodes: Sequence[int], buffers: Sequence[Buffer]) -> bytes:
    """A whole stream. `nodes`: the length of each column, then of what is inside it."""
    sizes = [memoryview(b).nbytes for b in buffers]
    parts: list[Buffer] = [schema, _record_batch(rows, nodes, sizes)]
    for buffer, size in zip(buffers, sizes, strict=True):
        parts += [buffer, bytes(-size % _ALIGN)]
    return b"".join([*parts, _END])


def schema_message(written: bytes) -> bytes:
    """The message at the front of a stream, which is the schema."""
    return written[: _schema_end(written)]


def schema_stream(message: bytes) -> bytes:
    """A stream of a schema without any rows."""
    return message + _END


def take_apart(data: bytes) -> Parts:
    """Views of the buffers in `data`. Raises DecodeError for what `stream` did not write."""
    start = _schema_end(data)
    at = start + _PREFIX.size
    rows = _integer(data, at + _ROWS_AT, 8)
    nodes, after = _pairs(data, at + _NODES_AT)
    sizes, body = _pairs(data, after + 4)
    lengths, sizes = nodes[::2], sizes[1::2]
    end = body + sum(_padded(size) for size in sizes)
    if any(n < 0 for n in sizes) or len(data) != end + len(_END):
        raise DecodeError("columns that do not fill their message")
    if data[start:body] != _record_batch(rows, lengths, sizes):
        raise DecodeError("a message that was not written here")
    view = memoryview(data)
    buffers = []
    for size in sizes:
        buffers.append(view[body : body + size])
        body += _padded(size)
    return Parts(data[:start], rows, buffers)


def _record_batch(rows: int, nodes: Sequence[int], sizes: Sequence[int]) -> bytes:
    """The message before the columns: lengths of `nodes`, where each buffer begins and its size."""
    padded = [_padded(size) for size in sizes]
    front = _FRONT.pack(
        *_MESSAGE,
        sum(padded),
        _VERSION_5,
        _RECORD_BATCH,
        *_BATCH,
        rows,
        20 + 16 * len(nodes),
        len(nodes),
    )
    starts = accumulate(padded[:-1], initial=0)
    message = front + _packed(zip(nodes, repeat(0)))
    message += _COUNT.pack(len(sizes)) + _packed(zip(starts, sizes, strict=True))
    return _PREFIX.pack(_CONTINUES, len(message)) + message


def _packed(pairs: Iterable[tuple[int, int]]) -> bytes:
    flat = list(chain.from_iterable(pairs))
    return pack(f"<{len(flat)}q", *flat)


def _schema_end(data: bytes) -> int:
    size = _integer(data, 4, 4)
    if _integer(data, 0, 4) != _CONTINUES or size > len(data):
        raise DecodeError("no schema at the front")
    return _PREFIX.size + size


def _pairs(data: bytes, at: int) -> tuple[tuple[int, ...], int]:
    """Counted pairs of 64-bit integers, flat, and where they end."""
    count = 2 * _integer(data, at, 4)
    return unpack_from(f"<{count}q", data, at + 4), at + 4 + 8 * count


def _integer(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _padded(size: int) -> int:
    return size + -size % _ALIGN
