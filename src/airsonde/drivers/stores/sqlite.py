"""RF memory in one file: SQLite keeps the rows, a matrix per encoder says what is like what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Cursor
from typing import Any, Final

import numpy as np

from airsonde.core.errors import ConfigError
from airsonde.csi.memory import (
    Holding,
    Memory,
    MemoryRecord,
    Neighbour,
    Query,
    RfMemory,
    Where,
    check_query,
)
from airsonde.csi.model import I64
from airsonde.drivers.stores import rows
from airsonde.drivers.stores.clauses import Condition, Dialect, condition
from airsonde.drivers.stores.matrix import Matrix, Rows
from airsonde.drivers.stores.sqlite_file import SqliteFile
from airsonde.drivers.stores.sqlite_rooms import SqliteRooms

_DIALECT: Final = Dialect(mark="?", any_id="id IN (SELECT value FROM json_each(?))")
_BLOCK: Final = 8192
_ADD: Final = (
    "INSERT INTO memory (id, encoder, kind, room, source, t_ns, numbers, embedding) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_GET: Final = (
    "SELECT id, encoder, kind, room, source, t_ns, numbers, embedding FROM memory "
    "WHERE id > ? AND {where} ORDER BY id LIMIT ?"
)
_COUNT: Final = (
    "SELECT room, source, kind, encoder, count(*), min(t_ns), max(t_ns) FROM memory "
    "WHERE {where} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
)
_RETAIN: Final = (
    "DELETE FROM memory WHERE id IN "
    "(SELECT id FROM memory WHERE {where} ORDER BY t_ns DESC, id DESC LIMIT -1 OFFSET ?)"
)
_LOAD: Final = (
    "SELECT id, t_ns, room, source, kind, embedding FROM memory "
    "WHERE id > ? AND encoder = ? ORDER BY id"
)


def open_sqlite(path: Path) -> RfMemory:
    """Open the memory in a file, made where it is absent, for its owner alone (mode 0600).

    Raises DriverError when it cannot be opened, is no memory, or is one of another version.
    """
    file = SqliteFile(path)
    return RfMemory(memories=SqliteMemories(file), rooms=SqliteRooms(file))


@dataclass(slots=True)
class _Loaded:
    """A matrix, and how far it has followed the file: highest number and deletions seen."""

    matrix: Matrix
    last_id: int = 0
    deletions: int = 0


class SqliteMemories:
    """Rows are on the disk before `add` returns; several processes may read and write one file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._loaded: dict[str, _Loaded] = {}

    def add(self, memories: Sequence[Memory]) -> range:
        sizes = rows.dimensions(memories)
        with self._file.writing() as cursor:
            for encoder, size in sizes.items():
                cursor.execute("INSERT OR IGNORE INTO encoder VALUES (?, ?)", (encoder, size))
                rows.check_dimension(encoder, _dimension(cursor, encoder) or size, size)
            first = 1 + _last_id(cursor)
            columns = (
                (number, *rows.row(memory), rows.to_bytes(memory.embedding))
                for number, memory in enumerate(memories, first)
            )
            cursor.executemany(_ADD, columns)
        return range(first, first + len(memories))

    def nearest(self, query: Query) -> list[Neighbour]:
        encoder = check_query(query)
        with self._file.reading() as cursor:
            size = _dimension(cursor, encoder)
            if size is None:
                return []
            rows.check_dimension(encoder, size, len(query.embedding))
            loaded = self._loaded.setdefault(encoder, _Loaded(Matrix(size)))
            self._follow(cursor, encoder, loaded)
            return loaded.matrix.nearest(query.embedding, query.k, query.where)

    def get(self, where: Where, *, after_id: int = 0, limit: int = 4096) -> list[MemoryRecord]:
        meant = condition(where, _DIALECT)
        with self._file.reading() as cursor:
            found = cursor.execute(meant.within(_GET), (after_id, *meant.values, limit)).fetchall()
        return [self._record(columns) for columns in found]

    def count(self, where: Where) -> list[Holding]:
        meant = condition(where, _DIALECT)
        with self._file.reading() as cursor:
            found = cursor.execute(meant.within(_COUNT), meant.values).fetchall()
        return [rows.holding(columns) for columns in found]

    def delete(self, where: Where) -> int:
        return self._forget("DELETE FROM memory WHERE {where}", condition(where, _DIALECT))

    def retain(self, where: Where, newest: int) -> int:
        if newest < 0:
            raise ConfigError(f"cannot retain {newest} memories; say how many, from 0 on")
        return self._forget(_RETAIN, condition(where, _DIALECT), newest)

    def close(self) -> None:
        self._file.close()
        self._loaded.clear()

    def _forget(self, statement: str, meant: Condition, *more: int) -> int:
        with self._file.writing() as cursor:
            cursor.execute(meant.within(statement), (*meant.values, *more))
            gone = cursor.rowcount
            if gone:
                cursor.execute("UPDATE deletion SET number = number + 1")
        return gone

    def _follow(self, cursor: Cursor, encoder: str, loaded: _Loaded) -> None:
        """Bring a matrix to where the file is: other processes add and delete too."""
        ((deletions,),) = cursor.execute("SELECT number FROM deletion").fetchall()
        if deletions != loaded.deletions:
            loaded.matrix.keep(_ids(cursor, encoder))
            loaded.deletions = deletions
        for part in self._parts(cursor, encoder, loaded):
            loaded.matrix.append(part)
            loaded.last_id = int(part.ids[-1])
        loaded.last_id = max(loaded.last_id, _last_id(cursor))

    def _parts(self, cursor: Cursor, encoder: str, loaded: _Loaded) -> Iterator[Rows]:
        cursor.execute(_LOAD, (loaded.last_id, encoder))
        while block := cursor.fetchmany(_BLOCK):
            ids, t_ns, rooms, sources, kinds, blobs = zip(*block, strict=True)
            try:
                vectors = rows.from_bytes(b"".join(blobs)).reshape(
                    len(ids), loaded.matrix.dimension
                )
            except (ValueError, TypeError) as e:
                raise self._file.damaged(f"an embedding of {encoder} is cut") from e
            yield Rows(
                ids=np.array(ids, np.int64),
                t_ns=np.array(t_ns, np.int64),
                rooms=rooms,
                sources=sources,
                kinds=kinds,
                vectors=vectors,
            )

    def _record(self, columns: Sequence[Any]) -> MemoryRecord:
        memory_id, *columns, blob = columns
        try:
            return rows.record(memory_id, columns, rows.from_bytes(blob))
        except (ValueError, TypeError, RecursionError) as e:
            raise self._file.damaged(f"memory {memory_id} cannot be read ({e})") from e


def _dimension(cursor: Cursor, encoder: str) -> int | None:
    found = cursor.execute("SELECT dimension FROM encoder WHERE name = ?", (encoder,)).fetchone()
    return int(found[0]) if found else None


def _last_id(cursor: Cursor) -> int:
    """The highest number ever given."""
    found = cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'memory'").fetchone()
    return int(found[0]) if found else 0


def _ids(cursor: Cursor, encoder: str) -> I64:
    found = cursor.execute("SELECT id FROM memory WHERE encoder = ? ORDER BY id", (encoder,))
    return np.fromiter((memory_id for (memory_id,) in found), np.int64)
