"""Memories as rows of a table, and back."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np

from airsonde.core.errors import ConfigError
from airsonde.csi.memory import (
    Drift,
    Holding,
    Memory,
    MemoryKind,
    MemoryRecord,
    RoomBaseline,
    check_baseline,
    check_memory,
)
from airsonde.csi.model import F32

_DRIFT_FIELDS: Final = tuple(field.name for field in fields(Drift))


def dimensions(memories: Sequence[Memory]) -> dict[str, int]:
    """The dimension of each encoder. Raises ConfigError for what no store may keep."""
    found: dict[str, int] = {}
    for memory in memories:
        check_memory(memory)
        size = len(memory.embedding)
        check_dimension(memory.encoder, found.setdefault(memory.encoder, size), size)
    return found


def check_dimension(encoder: str, kept: int, given: int) -> None:
    """Raise ConfigError unless an embedding has the dimension of those that are kept."""
    if kept != given:
        raise ConfigError(f"{encoder} makes {kept} numbers here, not {given}; name it otherwise")


def row(memory: Memory) -> tuple[Any, ...]:
    """Encoder, kind, room, source, t_ns, numbers as JSON text; without the embedding."""
    return (
        memory.encoder,
        memory.kind.value,
        memory.room,
        memory.source,
        memory.t_ns,
        json.dumps(dict(memory.numbers), allow_nan=False),
    )


def record(memory_id: int, columns: Sequence[Any], embedding: F32) -> MemoryRecord:
    """From what `row` gave. Raises ValueError or TypeError for what it cannot have given."""
    encoder, kind, room, source, t_ns, numbers = columns
    memory = Memory(
        kind=MemoryKind(kind),
        encoder=encoder,
        embedding=embedding,
        source=source,
        t_ns=t_ns,
        room=room,
        numbers=dict(json.loads(numbers)),
    )
    check_memory(memory)
    return MemoryRecord(memory_id, memory)


def holding(columns: Sequence[Any]) -> Holding:
    """From room, source, kind, encoder, number, first and last time."""
    room, source, kind, encoder, number, first_t_ns, last_t_ns = columns
    return Holding(
        room=room,
        source=source,
        kind=MemoryKind(kind),
        encoder=encoder,
        number=number,
        first_t_ns=first_t_ns,
        last_t_ns=last_t_ns,
    )


def baseline(columns: Sequence[Any], embedding: F32) -> RoomBaseline:
    """From room, encoder, version, time and number of windows."""
    room, encoder, version, t_ns, windows = columns
    return RoomBaseline(
        room=room, encoder=encoder, version=version, embedding=embedding, t_ns=t_ns, windows=windows
    )


def baseline_row(known: RoomBaseline) -> tuple[Any, ...]:
    """Room, encoder, version, time and number of windows. Raises ConfigError for a bad one."""
    check_baseline(known)
    return known.room, known.encoder, known.version, known.t_ns, known.windows


def drift(columns: Sequence[Any]) -> Drift:
    """From the fields in their order."""
    return Drift(**dict(zip(_DRIFT_FIELDS, columns, strict=True)))


def to_bytes(embedding: F32) -> bytes:
    """Little-endian float32."""
    return embedding.astype("<f4").tobytes()


def from_bytes(blob: bytes) -> F32:
    """float32[D]. Raises ValueError when it is no whole number of them."""
    return np.frombuffer(blob, "<f4").astype(np.float32)
