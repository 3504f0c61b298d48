"""The words of RF memory: what is kept of windows and events, how it is asked for, its ports.

A memory is a vector with a time and a place. Vectors of one *encoder* are comparable, those of
two are not. The ports are synchronous: see ADR 6.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

import numpy as np

from airsonde.core.errors import ConfigError
from airsonde.csi.events import Numbers
from airsonde.csi.model import F32

MOST_DIMENSIONS: Final = 4096
_LONGEST_NAME: Final = 200
_TIMES: Final = range(1 << 63)
_PAGE: Final = 4096


class MemoryKind(StrEnum):
    """What was embedded."""

    WINDOW = "window"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Memory:
    """What is to be kept: float32[D] made by `encoder`, and where and when it was seen.

    `t_ns` is the beginning of a window, the time of an event, on the source's clock; `room` is
    None where nobody said it. `numbers` come back as they were given.
    """

    kind: MemoryKind
    encoder: str
    embedding: F32
    source: str
    t_ns: int
    room: str | None = None
    numbers: Numbers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A memory that is kept, under the number its store gave it: from 1 on, never used twice."""

    memory_id: int
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which memories are meant: None leaves a field open; since_ns <= t_ns < until_ns."""

    ids: tuple[int, ...] | None = None
    encoder: str | None = None
    kind: MemoryKind | None = None
    room: str | None = None
    source: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Query:
    """The `k` memories of `where.encoder` most like `embedding` (float32[D]) are looked for."""

    embedding: F32
    where: Where
    k: int = 5


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A memory's number and the cosine between it and the query, -1..1."""

    memory_id: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """How many memories of one room, source, kind and encoder there are, and of which times."""

    room: str | None
    source: str
    kind: MemoryKind
    encoder: str
    number: int
    first_t_ns: int
    last_t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoomBaseline:
    """How a room is when all is as usual: float32[D], learnt at `t_ns` from `windows` windows."""

    room: str
    encoder: str
    version: str
    embedding: F32
    t_ns: int | None = None
    windows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far `number` windows from `start_ns` on were from a baseline: 1 - cosine, 0..2."""

    room: str
    encoder: str
    version: str
    start_ns: int
    number: int
    total: float
    largest: float

    @property
    def mean(self) -> float:
        return self.total / self.number


class MemoryStore(Protocol):
    """Keeps memories. Any thread may call; failures of the store are DriverError."""

    def add(self, memories: Sequence[Memory]) -> range:
        """Keep all or none; give their numbers. What was acknowledged survives a crash.

        Raises ConfigError for a memory that `check_memory` refuses or whose dimension is not that
        of its encoder.
        """

    def nearest(self, query: Query) -> list[Neighbour]:
        """The most alike first; of equals the lower number. Exact; fewer than k where fewer match.

        A vector of length 0 scores 0. Raises ConfigError for a query that `check_query` refuses.
        """

    def get(self, where: Where, *, after_id: int = 0, limit: int = _PAGE) -> list[MemoryRecord]:
        """One page of what matches, by ascending number."""

    def count(self, where: Where) -> list[Holding]:
        """How many match, by room, source, kind and encoder."""

    def delete(self, where: Where) -> int:
        """Forget what matches; give how many."""

    def retain(self, where: Where, newest: int) -> int:
        """Forget of what matches all but the newest; give how many."""

    def close(self) -> None:
        """Give back what the store holds; harmless when repeated."""


class RoomStore(Protocol):
    """Keeps what is known of rooms, longer than single windows are kept."""

    def learn(self, baseline: RoomBaseline) -> None:
        """Keep a baseline; one of the same room, encoder and version is replaced."""

    def baselines(self, room: str | None = None) -> list[RoomBaseline]:
        """Those of one room or of all, in the order in which they were learnt."""

    def note(self, drifts: Sequence[Drift]) -> None:
        """Add windows to what is known of the spans in which they lie."""

    def drifts(self, room: str, encoder: str, version: str) -> list[Drift]:
        """Everything noted of a room against one baseline, by time."""


@dataclass(frozen=True, slots=True)
class RfMemory:
    """What one place keeps: memories, and what is known of rooms."""

    memories: MemoryStore
    rooms: RoomStore

    def close(self) -> None:
        self.memories.close()


def every(store: MemoryStore, where: Where) -> Iterator[MemoryRecord]:
    """All that matches, page by page."""
    after_id = 0
    while page := store.get(where, after_id=after_id):
        yield from page
        after_id = page[-1].memory_id


def check_memory(memory: Memory) -> None:
    """Raise ConfigError with the reason when a store must not keep this."""
    check_name("encoder", memory.encoder)
    if memory.source:
        check_name("source", memory.source)
    if memory.room is not None:
        check_name("room", memory.room)
    if memory.t_ns not in _TIMES:
        raise ConfigError(f"time {memory.t_ns} ns lies outside of 0 … 2^63-1")
    for name, value in memory.numbers.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"number {name!r} is {value}; unknown numbers are None")
    check_embedding(memory.embedding)


def check_baseline(baseline: RoomBaseline) -> None:
    """Raise ConfigError with the reason when a store must not keep this."""
    for what in ("room", "encoder", "version"):
        check_name(what, getattr(baseline, what))
    check_embedding(baseline.embedding)


def check_where(where: Where) -> None:
    """Raise ConfigError for a name that no memory can have."""
    for what in ("encoder", "room", "source"):
        if name := getattr(where, what):
            check_name(what, name)


def check_query(query: Query) -> str:
    """The encoder that is asked for. Raises ConfigError when the query cannot be answered."""
    if query.where.encoder is None:
        raise ConfigError("a query names the encoder that made its embedding")
    if query.k < 0:
        raise ConfigError(f"cannot look for {query.k} memories; say how many, from 0 on")
    check_where(query.where)
    check_embedding(query.embedding)
    return query.where.encoder


def check_embedding(embedding: F32) -> None:
    """Raise ConfigError unless this is float32[D] of 1..4096 finite numbers."""
    if embedding.ndim != 1 or embedding.dtype != np.float32:
        raise ConfigError(f"an embedding is float32[D], not {embedding.dtype}{embedding.shape}")
    if not 1 <= len(embedding) <= MOST_DIMENSIONS:
        raise ConfigError(f"an embedding has 1 to {MOST_DIMENSIONS} numbers, not {len(embedding)}")
    if not np.isfinite(embedding).all():
        raise ConfigError("an embedding holds a number that is not finite")


def check_name(what: str, name: str) -> None:
    """Raise ConfigError unless a name is printable text that every store can keep."""
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"{what} {name[:40]!r} must be 1 to {_LONGEST_NAME} printable characters")
