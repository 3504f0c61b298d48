"""RF memory as JSON lines, as the rvCSI reference keeps it: a record or a baseline each.

The reference's fields are `id`, `kind`, `source_id`, `timestamp_ns`, `embedding`; `room`,
`encoder` and `numbers` are added where there is something to say in them.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
import numpy as np

from airsonde.captures.float_text import row_texts
from airsonde.captures.rvcsi_words import U64, TimeNs
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.csi.memory import Memory, MemoryKind, RoomBaseline, check_baseline, check_memory
from airsonde.csi.model import F32
from airsonde.drivers.transport.files import check_regular, opened

Kept: TypeAlias = Memory | RoomBaseline

_LONGEST_LINE: Final = 1 << 20
_KINDS: Final[dict[str, MemoryKind]] = {"Window": MemoryKind.WINDOW, "Event": MemoryKind.EVENT}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_JSON: Final = msgspec.json.Encoder()


class _Record(msgspec.Struct, frozen=True):
    id: U64
    kind: Literal["Window", "Event"]
    source_id: str
    timestamp_ns: TimeNs
    embedding: list[float]
    room: str | None = None
    encoder: str | None = None
    numbers: dict[str, float | int | str | None] = {}


class _Baseline(msgspec.Struct, frozen=True):
    room: str
    version: str
    embedding: list[float]
    encoder: str | None = None
    timestamp_ns: TimeNs | None = None
    windows: U64 | None = None


class _Line(msgspec.Struct, frozen=True):
    record: _Record | None = None
    baseline: _Baseline | None = None


_LINES: Final = msgspec.json.Decoder(_Line)


def reference_encoder(kind: MemoryKind, dimension: int) -> str:
    """The name under which embeddings of the reference are kept, which names none."""
    return f"rvcsi-{kind.value}-{dimension}"


def read_memory(path: Path) -> Iterator[Kept]:
    """Memories and baselines in the order of the file; blank lines are passed over.

    Raises DriverError when it cannot be read, DecodeError with the 1-based number of a bad line.
    """
    check_regular(path)
    with opened(path, buffered=True) as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if line.strip():
                yield _kept(line, number)


def encode_memory(number: int, memory: Memory) -> bytes:
    """One line without its end; `number` is counted from 0 over the file."""
    own = reference_encoder(memory.kind, len(memory.embedding))
    more = {
        "room": memory.room,
        "encoder": None if memory.encoder == own else memory.encoder,
        "numbers": dict(memory.numbers) or None,
    }
    first = {
        "id": number,
        "kind": _NAMES[memory.kind],
        "source_id": memory.source,
        "timestamp_ns": memory.t_ns,
    }
    return _line(b"record", first, memory.embedding, more)


def encode_baseline(baseline: RoomBaseline) -> bytes:
    """One line without its end."""
    own = reference_encoder(MemoryKind.WINDOW, len(baseline.embedding))
    more = {
        "encoder": None if baseline.encoder == own else baseline.encoder,
        "timestamp_ns": baseline.t_ns,
        "windows": baseline.windows,
    }
    first = {"room": baseline.room, "version": baseline.version}
    return _line(b"baseline", first, baseline.embedding, more)


def encode_lines(memories: Iterable[Memory], baselines: Iterable[RoomBaseline]) -> Iterator[bytes]:
    """A whole file, line by line, each with its end; baselines come first."""
    for baseline in baselines:
        yield encode_baseline(baseline) + b"\n"
    for number, memory in enumerate(memories):
        yield encode_memory(number, memory) + b"\n"


def _line(
    key: bytes, first: Mapping[str, object], embedding: F32, more: Mapping[str, object]
) -> bytes:
    said = {name: value for name, value in more.items() if value is not None}
    tail = b"," + _JSON.encode(said)[1:-1] if said else b""
    vector = row_texts(embedding[None])[0]
    return b'{"%b":{%b,"embedding":%b%b}}' % (key, _JSON.encode(first)[1:-1], vector, tail)


def _kept(line: bytes, number: int) -> Kept:
    try:
        found = _LINES.decode(line)
        if (found.record is None) == (found.baseline is None):
            raise DecodeError("a line holds either a record or a baseline", offset=number)
        return _memory(found.record) if found.record else _room_baseline(found.baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ConfigError) as e:
        raise DecodeError(f"no line of an RF memory: {e}", offset=number) from e


def _memory(record: _Record) -> Memory:
    kind = _KINDS[record.kind]
    memory = Memory(
        kind=kind,
        encoder=record.encoder or reference_encoder(kind, len(record.embedding)),
        embedding=_vector(record.embedding),
        source=record.source_id,
        t_ns=record.timestamp_ns,
        room=record.room,
        numbers=record.numbers,
    )
    check_memory(memory)
    return memory


def _room_baseline(line: _Baseline | None) -> RoomBaseline:
    assert line is not None  # noqa: S101  (the other of two)
    baseline = RoomBaseline(
        room=line.room,
        encoder=line.encoder or reference_encoder(MemoryKind.WINDOW, len(line.embedding)),
        version=line.version,
        embedding=_vector(line.embedding),
        t_ns=line.timestamp_ns,
        windows=line.windows,
    )
    check_baseline(baseline)
    return baseline


def _vector(numbers: list[float]) -> F32:
    with np.errstate(over="ignore"):
        return np.array(numbers, np.float64).astype(np.float32)
