"""What every memory store promises, as checks that any of them can be put through.

Inherit `StoreContract` in a pytest module, say how an empty store is made and opened again, and
the tests of the contract are yours.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from airsonde.core.errors import ConfigError, DriverError
from airsonde.csi.memory import (
    Drift,
    Memory,
    MemoryKind,
    Query,
    RfMemory,
    RoomBaseline,
    Where,
    every,
)
from airsonde.csi.model import F32

Opener = Callable[[], RfMemory]
_ROOMS = ("kitchen", "hall", None)


def vectors(count: int, dimension: int = 16, seed: int = 1) -> F32:
    """float32[count, dimension]: the same every time."""
    made = np.random.default_rng(seed).normal(size=(count, dimension))  # noqa: TID251
    return made.astype(np.float32)


def memory(embedding: F32, **fields: Any) -> Memory:
    """A window of the encoder `test`, but for what is said."""
    given: dict[str, Any] = {
        "kind": MemoryKind.WINDOW,
        "encoder": "test",
        "source": "sensor",
        "t_ns": 1,
        **fields,
    }
    return Memory(embedding=embedding, **given)


def some(count: int = 30) -> list[Memory]:
    """Memories in three rooms, of two sources and kinds, one a second."""
    return [
        memory(
            embedding,
            room=_ROOMS[i % 3],
            source=f"sensor{i % 2}",
            kind=MemoryKind.EVENT if i % 5 == 0 else MemoryKind.WINDOW,
            t_ns=i * 1_000_000_000,
            numbers={"motion": i / 4, "count": i, "why": "still", "unknown": None},
        )
        for i, embedding in enumerate(vectors(count))
    ]


def matches(kept: Memory, where: Where) -> bool:
    """The meaning of `Where`, but for numbers."""
    return (
        where.encoder in (None, kept.encoder)
        and where.kind in (None, kept.kind)
        and where.room in (None, kept.room)
        and where.source in (None, kept.source)
        and (where.since_ns is None or where.since_ns <= kept.t_ns)
        and (where.until_ns is None or kept.t_ns < where.until_ns)
    )


WHERES = (
    Where(encoder="test"),
    Where(encoder="test", room="kitchen"),
    Where(encoder="test", source="sensor1"),
    Where(encoder="test", kind=MemoryKind.EVENT),
    Where(encoder="test", since_ns=5_000_000_000),
    Where(encoder="test", until_ns=5_000_000_000),
    Where(encoder="test", room="hall", since_ns=2_000_000_000, until_ns=20_000_000_000),
    Where(encoder="test", room="nowhere"),
    Where(encoder="test", since_ns=-(1 << 80), until_ns=1 << 80),
    Where(encoder="another"),
)


class StoreContract(ABC):
    """Inherit, and define `place`."""

    @abstractmethod
    def place(self, *args: Any) -> Iterator[Opener]:
        """A fixture: a fresh, empty place, as a function that opens it, the same one each time."""

    @pytest.fixture
    def store(self, place: Opener) -> Iterator[RfMemory]:
        opened = place()
        yield opened
        opened.close()

    def test_what_was_added_comes_back(self, store: RfMemory, place: Opener) -> None:
        given = some()
        ids = store.memories.add(given)
        other = place()
        kept = list(every(other.memories, Where()))
        other.close()
        assert [k.memory_id for k in kept] == list(ids)
        for one, memory_ in zip(kept, given, strict=True):
            assert (one.memory.embedding == memory_.embedding).all()
            assert one.memory.embedding.dtype == np.float32
            for name in ("kind", "encoder", "source", "t_ns", "room", "numbers"):
                assert getattr(one.memory, name) == getattr(memory_, name)

    def test_pages_are_by_ascending_number(self, store: RfMemory) -> None:
        ids = store.memories.add(some(10))
        page = store.memories.get(Where(), after_id=ids[3], limit=4)
        assert [k.memory_id for k in page] == list(ids[4:8])

    def test_an_empty_store_answers(self, store: RfMemory) -> None:
        like = vectors(1)[0]
        assert store.memories.nearest(Query(embedding=like, where=Where(encoder="test"))) == []
        assert store.memories.count(Where()) == []
        assert store.memories.get(Where()) == []
        assert store.memories.delete(Where()) == 0
        assert list(store.memories.add([])) == []

    @pytest.mark.parametrize("where", WHERES, ids=range(len(WHERES)))
    def test_the_nearest_are_the_nearest(self, store: RfMemory, where: Where) -> None:
        given = some(60)
        ids = store.memories.add(given)
        like = vectors(1, seed=2)[0]
        unit = like / np.linalg.norm(like)
        cosines = [
            (-float(m.embedding @ unit) / float(np.linalg.norm(m.embedding)), number)
            for number, m in zip(ids, given, strict=True)
            if matches(m, where)
        ]
        found = store.memories.nearest(Query(embedding=like, where=where, k=7))
        assert [n.memory_id for n in found] == [number for _, number in sorted(cosines)[:7]]
        wanted = [-score for score, _ in sorted(cosines)[:7]]
        assert [n.score for n in found] == pytest.approx(wanted, abs=1e-6)

    def test_of_equals_the_lower_number_comes_first(self, store: RfMemory) -> None:
        same = vectors(1)[0]
        ids = store.memories.add([memory(same * scale) for scale in (1, 2, 4, 8)])
        query = Query(embedding=same, where=Where(encoder="test"), k=3)
        assert [n.memory_id for n in store.memories.nearest(query)] == list(ids[:3])

    def test_a_vector_without_length_scores_0(self, store: RfMemory) -> None:
        nothing = np.zeros(16, np.float32)
        store.memories.add([memory(nothing), *some(2)])
        found = store.memories.nearest(Query(embedding=nothing, where=Where(encoder="test"), k=9))
        assert [n.score for n in found] == [0.0, 0.0, 0.0]

    def test_any_k_from_0_on(self, store: RfMemory) -> None:
        store.memories.add(some(3))
        query = Query(embedding=vectors(1)[0], where=Where(encoder="test"), k=0)
        assert store.memories.nearest(query) == []
        assert len(store.memories.nearest(replace(query, k=1 << 40))) == 3
        with pytest.raises(ConfigError, match="cannot look for -1"):
            store.memories.nearest(replace(query, k=-1))

    def test_encoders_do_not_meet(self, store: RfMemory) -> None:
        store.memories.add([memory(vectors(1)[0]), memory(vectors(1, 4)[0], encoder="short")])
        found = store.memories.nearest(
            Query(embedding=vectors(1, 4)[0], where=Where(encoder="short"), k=9)
        )
        assert len(found) == 1
        with pytest.raises(ConfigError, match="makes 4 numbers here, not 16"):
            store.memories.add([memory(vectors(1)[0], encoder="short")])
        with pytest.raises(ConfigError, match="makes 4 numbers here, not 16"):
            store.memories.nearest(Query(embedding=vectors(1)[0], where=Where(encoder="short")))
        with pytest.raises(ConfigError, match="names the encoder"):
            store.memories.nearest(Query(embedding=vectors(1)[0], where=Where()))

    @pytest.mark.parametrize(
        "bad",
        [
            {"embedding": np.full(16, np.nan, np.float32)},
            {"embedding": np.full(16, np.inf, np.float32)},
            {"embedding": np.empty(0, np.float32)},
            {"embedding": np.zeros((2, 8), np.float32)},
            {"embedding": np.zeros(16)},
            {"embedding": np.zeros(5000, np.float32)},
            {"t_ns": -1},
            {"t_ns": 1 << 63},
            {"room": ""},
            {"room": "a\0b"},
            {"source": "\ud800"},
            {"encoder": "x" * 201},
            {"numbers": {"motion": float("nan")}},
        ],
        ids=str,
    )
    def test_what_cannot_be_kept_is_refused_whole(
        self, store: RfMemory, bad: dict[str, Any]
    ) -> None:
        good = some(2)
        with pytest.raises(ConfigError):
            store.memories.add([*good, replace(good[0], **bad)])
        assert store.memories.count(Where()) == []

    @pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 201], ids=ascii)
    def test_names_that_nothing_can_have_are_refused(self, store: RfMemory, name: str) -> None:
        where = Where(encoder="test", room=name)
        with pytest.raises(ConfigError, match="room"):
            store.memories.nearest(Query(embedding=vectors(1)[0], where=where))
        with pytest.raises(ConfigError, match="room"):
            store.memories.count(where)
        with pytest.raises(ConfigError, match="room"):
            store.rooms.baselines(name)

    def test_counts_are_by_room_source_kind_and_encoder(self, store: RfMemory) -> None:
        given = some(30)
        store.memories.add(given)
        held = store.memories.count(Where())
        assert sum(h.number for h in held) == 30
        for holding in held:
            times = [
                m.t_ns
                for m in given
                if (m.room, m.source, m.kind, m.encoder)
                == (holding.room, holding.source, holding.kind, holding.encoder)
            ]
            assert (holding.number, holding.first_t_ns, holding.last_t_ns) == (
                len(times),
                min(times),
                max(times),
            )
        assert sum(h.number for h in store.memories.count(Where(room="hall"))) == 10

    def test_what_was_deleted_is_gone_and_its_number_too(self, store: RfMemory) -> None:
        ids = store.memories.add(some(10))
        like = vectors(1)[0]
        query = Query(embedding=like, where=Where(encoder="test"), k=20)
        assert len(store.memories.nearest(query)) == 10
        assert store.memories.delete(Where(ids=(ids[9], ids[2], 1 << 70, -1))) == 2
        left = [i for i in ids if i not in (ids[9], ids[2])]
        assert sorted(n.memory_id for n in store.memories.nearest(query)) == left
        (fresh,) = store.memories.add([memory(like)])
        assert fresh > ids[9]
        assert store.memories.nearest(replace(query, k=1))[0].score == pytest.approx(1)

    def test_only_the_newest_are_retained(self, store: RfMemory) -> None:
        given = some(12)
        ids = store.memories.add(given[::-1])
        assert store.memories.retain(Where(source="sensor0"), 2) == 4
        left = [k.memory.t_ns // 1_000_000_000 for k in every(store.memories, Where())]
        assert sorted(left) == [1, 3, 5, 7, 8, 9, 10, 11]
        assert store.memories.retain(Where(), 0) == 8
        assert store.memories.get(Where(ids=tuple(ids))) == []
        with pytest.raises(ConfigError, match="cannot retain -1"):
            store.memories.retain(Where(), -1)

    def test_two_that_opened_one_place_see_each_other(self, store: RfMemory, place: Opener) -> None:
        other = place()
        query = Query(embedding=vectors(1)[0], where=Where(encoder="test"), k=50)
        for opened in (store, other, store):
            opened.memories.add(some(5))
            both = [store.memories.nearest(query), other.memories.nearest(query)]
            assert both[0] == both[1]
        other.memories.delete(Where(room="kitchen"))
        assert len(store.memories.nearest(query)) == 9
        other.close()

    def test_baselines_are_kept_by_version(self, store: RfMemory, place: Opener) -> None:
        first, second = (
            RoomBaseline(room="hall", encoder="test", version=v, embedding=e, t_ns=4, windows=9)
            for v, e in zip(("hall@1", "hall@2"), vectors(2), strict=True)
        )
        elsewhere = replace(first, room="attic", t_ns=None, windows=None)
        for baseline in (first, second, elsewhere, replace(first, windows=10)):
            store.rooms.learn(baseline)
        other = place()
        kept = other.rooms.baselines("hall")
        assert [(b.version, b.windows, b.t_ns) for b in kept] == [
            ("hall@2", 9, 4),
            ("hall@1", 10, 4),
        ]
        assert (kept[0].embedding == second.embedding).all()
        assert [b.room for b in other.rooms.baselines()] == ["hall", "attic", "hall"]
        other.close()
        with pytest.raises(ConfigError, match="version"):
            store.rooms.learn(replace(first, version=""))

    def test_drifts_add_up(self, store: RfMemory) -> None:
        point = Drift(
            room="hall",
            encoder="test",
            version="hall@1",
            start_ns=3_600_000_000_000,
            number=4,
            total=0.5,
            largest=0.25,
        )
        later = replace(point, start_ns=7_200_000_000_000)
        store.rooms.note([later, point])
        store.rooms.note([replace(point, number=1, total=0.5, largest=0.5)])
        noted = store.rooms.drifts("hall", "test", "hall@1")
        assert noted == [replace(point, number=5, total=1.0, largest=0.5), later]
        assert noted[0].mean == pytest.approx(0.2)
        assert store.rooms.drifts("hall", "test", "hall@2") == []

    def test_a_closed_store_says_so(self, place: Opener) -> None:
        opened = place()
        opened.close()
        opened.close()
        with pytest.raises(DriverError, match="closed"):
            opened.memories.add(some(1))
