"""Remember captures, ask when it was last like this, and follow how rooms drift."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from airsonde.apps.memory_windows import capture_windows
from airsonde.captures.memory_jsonl import encode_lines, read_memory
from airsonde.core.errors import ConfigError
from airsonde.csi.embedding import ENCODER, window_embedding
from airsonde.csi.events import Window
from airsonde.csi.memory import (
    Drift,
    Memory,
    MemoryKind,
    MemoryRecord,
    Query,
    RfMemory,
    RoomBaseline,
    Where,
    every,
)
from airsonde.csi.model import F32
from airsonde.drivers.transport.outputs import AtomicFile

Item = TypeVar("Item")
HOUR_NS: Final = 3_600_000_000_000
DAY_NS: Final = 24 * HOUR_NS
_BATCH: Final = 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """A memory and how like the query it is: the cosine, -1..1."""

    record: MemoryRecord
    score: float


def remember(store: RfMemory, path: Path, room: str | None) -> int:
    """Add every window of a capture; gives their number."""
    memories = (_remembered(window, room) for window in capture_windows(path))
    return sum(keep(store, batch) for batch in _batches(memories))


def keep(store: RfMemory, memories: list[Memory]) -> int:
    """Add memories, and note how far they are from their rooms' baselines; gives their number."""
    store.memories.add(memories)
    places = defaultdict(list)
    for memory in memories:
        if memory.room and memory.kind is MemoryKind.WINDOW:
            places[memory.room, memory.encoder].append(memory)
    for (room, encoder), there in places.items():
        baseline = latest_baseline(store, room, encoder)
        if baseline is not None:
            store.rooms.note(drift_of(there, baseline))
    return len(memories)


def capture_embedding(path: Path) -> F32:
    """float32[96]: the mean over a capture's windows. Raises ConfigError when it has none."""
    return mean_embedding(window_embedding(window) for window in capture_windows(path))


def mean_embedding(embeddings: Iterable[F32]) -> F32:
    """float32[D] of length 1. Raises ConfigError when there is nothing to take the mean of."""
    total, number = np.zeros(1), 0
    for embedding in embeddings:
        total, number = total + embedding, number + 1
    length = float(np.linalg.norm(total))
    if not number or not length:
        raise ConfigError("there are no windows to learn from; a window is a second of one lane")
    mean: F32 = (total / length).astype(np.float32)
    return mean


def search(store: RfMemory, embedding: F32, k: int, where: Where) -> list[Hit]:
    """The k memories most like an embedding, the most alike first."""
    found = store.memories.nearest(Query(embedding=embedding, where=where, k=k))
    kept = {
        record.memory_id: record
        for part in _batches(found)
        for record in store.memories.get(Where(ids=tuple(n.memory_id for n in part)))
    }
    return [Hit(kept[n.memory_id], n.score) for n in found if n.memory_id in kept]


def search_like(store: RfMemory, memory_id: int, k: int, where: Where) -> list[Hit]:
    """The k others most like one that is kept. Raises ConfigError when it is not."""
    found = store.memories.get(Where(ids=(memory_id,)))
    if not found:
        raise ConfigError(f"there is no memory {memory_id}; `airsonde memory search` gives numbers")
    memory = found[0].memory
    hits = search(store, memory.embedding, k + 1, replace(where, encoder=memory.encoder))
    return [hit for hit in hits if hit.record.memory_id != memory_id][:k]


def learn_baseline(store: RfMemory, where: Where) -> RoomBaseline:
    """Learn how a room is from its windows at `where`, as its next version, and note its drift.

    Raises ConfigError when there are none.
    """
    room, encoder = where.room or "", where.encoder or ENCODER
    where = replace(where, kind=MemoryKind.WINDOW, encoder=encoder)
    records = list(every(store.memories, where))
    mean = mean_embedding(record.memory.embedding for record in records)
    version = f"{room}@{1 + sum(b.encoder == encoder for b in store.rooms.baselines(room))}"
    baseline = RoomBaseline(
        room=room,
        encoder=encoder,
        version=version,
        embedding=mean,
        t_ns=max(record.memory.t_ns for record in records),
        windows=len(records),
    )
    store.rooms.learn(baseline)
    all_windows = Where(room=room, encoder=encoder, kind=MemoryKind.WINDOW)
    kept = (record.memory for record in every(store.memories, all_windows))
    for batch in _batches(kept):
        store.rooms.note(drift_of(batch, baseline))
    return baseline


def latest_baseline(store: RfMemory, room: str, encoder: str = ENCODER) -> RoomBaseline | None:
    """The one that counts: the last that was learnt."""
    known = [b for b in store.rooms.baselines(room) if b.encoder == encoder]
    return known[-1] if known else None


def drift(store: RfMemory, room: str, span_ns: int) -> list[Drift]:
    """How far a room was from its baseline, by spans of whole hours.

    Raises ConfigError when no baseline was learnt.
    """
    baseline = latest_baseline(store, room)
    if baseline is None:
        raise ConfigError(f"{room} has no baseline; learn one: airsonde memory baseline {room}")
    spans: dict[int, Drift] = {}
    for hour in store.rooms.drifts(room, baseline.encoder, baseline.version):
        _merge(spans, replace(hour, start_ns=hour.start_ns // span_ns * span_ns))
    return [spans[start] for start in sorted(spans)]


def drift_of(memories: Iterable[Memory], baseline: RoomBaseline) -> list[Drift]:
    """Distances (1 - cosine) of memories from a baseline, by hours."""
    usual = baseline.embedding.astype(np.float64)
    hours: dict[int, Drift] = {}
    for memory in memories:
        scale = float(np.linalg.norm(memory.embedding.astype(np.float64)) * np.linalg.norm(usual))
        distance = 1 - float(memory.embedding @ usual) / scale if scale else 1.0
        one = Drift(
            room=baseline.room,
            encoder=baseline.encoder,
            version=baseline.version,
            start_ns=memory.t_ns // HOUR_NS * HOUR_NS,
            number=1,
            total=max(distance, 0.0),
            largest=max(distance, 0.0),
        )
        _merge(hours, one)
    return list(hours.values())


def export_memory(store: RfMemory, path: Path, where: Where) -> int:
    """Write memories and their rooms' baselines as JSON lines; gives the number of memories."""
    memories = (record.memory for record in every(store.memories, where))
    return _write(path, encode_lines(memories, store.rooms.baselines(where.room)))


def export_capture(path: Path, out: Path, room: str | None = None) -> int:
    """Write every window of a capture as JSON lines, without a store; gives their number."""
    memories = (_remembered(window, room) for window in capture_windows(path))
    return _write(out, encode_lines(memories, []))


def _write(path: Path, lines: Iterable[bytes]) -> int:
    file = AtomicFile(path)
    number = 0
    try:
        for line in lines:
            file.write(line)
            number += line.startswith(b'{"record"')
    except BaseException:
        file.abort()
        raise
    file.close()
    return number


def import_memory(store: RfMemory, path: Path, room: str | None) -> int:
    """Read JSON lines; `room` is where memories belong that name none. Gives their number.

    The whole file is looked at first: a bad line raises DecodeError, and nothing is kept.
    """
    for _ in read_memory(path):
        pass
    number = 0
    for batch in _batches(read_memory(path)):
        for baseline in (b for b in batch if isinstance(b, RoomBaseline)):
            store.rooms.learn(baseline)
        memories = [m for m in batch if isinstance(m, Memory)]
        number += keep(store, [m if m.room else replace(m, room=room) for m in memories])
    return number


def _remembered(window: Window, room: str | None) -> Memory:
    return Memory(
        kind=MemoryKind.WINDOW,
        encoder=ENCODER,
        embedding=window_embedding(window),
        source=window.lane.source,
        t_ns=window.start_ns,
        room=room,
        numbers={
            "lane": window.lane.number,
            "frames": len(window.frames),
            "quality": window.quality,
        },
    )


def _merge(spans: dict[int, Drift], more: Drift) -> None:
    known = spans.get(more.start_ns)
    if known is not None:
        more = replace(
            more,
            number=known.number + more.number,
            total=known.total + more.total,
            largest=max(known.largest, more.largest),
        )
    spans[more.start_ns] = more


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
