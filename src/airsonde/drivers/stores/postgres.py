"""RF memory in PostgreSQL with pgvector, for what has outgrown one file; searched exactly."""

from collections.abc import Sequence
from typing import Any, Final

from airsonde.core.errors import ConfigError, DriverError
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
from airsonde.drivers.stores import rows
from airsonde.drivers.stores.clauses import Condition, Dialect, condition
from airsonde.drivers.stores.postgres_database import LOCK, Database, from_text, run, to_text
from airsonde.drivers.stores.postgres_rooms import PostgresRooms

_DIALECT: Final = Dialect(
    mark="%s",
    any_id="id IN (SELECT value::bigint FROM json_array_elements_text(%s::json) AS t(value))",
)
_HIGHEST: Final = (1 << 63) - 1
_NUMBERS: Final = "SELECT nextval('airsonde.memory_id_seq') FROM generate_series(1, %s)"
_KNOWN: Final = "SELECT dimension FROM airsonde.encoder WHERE name = %s"
_NAME: Final = "INSERT INTO airsonde.encoder VALUES (%s, %s) ON CONFLICT DO NOTHING"
_ADD: Final = (
    "INSERT INTO airsonde.memory (encoder, kind, room, source, t_ns, numbers, embedding, id) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s::vector, %s)"
)
_NEAREST: Final = (
    "SELECT id, score FROM (SELECT id, coalesce(nullif(1 - (embedding <=> %s::vector), 'NaN'), 0) "
    "AS score FROM airsonde.memory WHERE {where}) AS scored "
    "ORDER BY round(score::numeric, 7) DESC, id LIMIT %s"
)
_GET: Final = (
    "SELECT id, encoder, kind, room, source, t_ns, numbers, embedding::text "
    "FROM airsonde.memory WHERE id > %s AND {where} ORDER BY id LIMIT %s"
)
_COUNT: Final = (
    "SELECT room, source, kind, encoder, count(*), min(t_ns), max(t_ns) FROM airsonde.memory "
    "WHERE {where} GROUP BY 1, 2, 3, 4 ORDER BY room NULLS FIRST, source, kind, encoder"
)
_DELETE: Final = "DELETE FROM airsonde.memory WHERE {where}"
_RETAIN: Final = (
    "DELETE FROM airsonde.memory WHERE id IN (SELECT id FROM airsonde.memory "
    "WHERE {where} ORDER BY t_ns DESC, id DESC OFFSET %s)"
)


def open_postgres(url: str) -> RfMemory:
    """Open the memory in a database; its tables are made in the schema `airsonde` where absent.

    Raises DriverError when the server cannot be reached or the tables are of another version,
    UnsupportedError without pgvector or psycopg.
    """
    database = Database(url)
    return RfMemory(memories=PostgresMemories(database), rooms=PostgresRooms(database))


class PostgresMemories:
    """Every row is scored by the server: recall 1.0, no index of vectors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, memories: Sequence[Memory]) -> range:
        sizes = rows.dimensions(memories)
        with self._database.transaction() as cursor:
            run(cursor, "SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            for encoder, size in sizes.items():
                run(cursor, _NAME, (encoder, size))
                ((kept,),) = run(cursor, _KNOWN, (encoder,)).fetchall()
                rows.check_dimension(encoder, kept, size)
            ids = [number for (number,) in run(cursor, _NUMBERS, (len(memories),)).fetchall()]
            columns = [
                (*rows.row(memory), to_text(memory.embedding), number)
                for number, memory in zip(ids, memories, strict=True)
            ]
            cursor.executemany(_ADD.encode(), columns)
        return range(ids[0], ids[-1] + 1) if ids else range(0)

    def nearest(self, query: Query) -> list[Neighbour]:
        encoder = check_query(query)
        meant = condition(query.where, _DIALECT)
        like = to_text(query.embedding)
        values = (like, *meant.values, min(query.k, _HIGHEST))
        with self._database.transaction() as cursor:
            known = run(cursor, _KNOWN, (encoder,)).fetchone()
            if known is None:
                return []
            rows.check_dimension(encoder, known[0], len(query.embedding))
            found = run(cursor, meant.within(_NEAREST), values).fetchall()
        return [Neighbour(number, min(max(score, -1.0), 1.0)) for number, score in found]

    def get(self, where: Where, *, after_id: int = 0, limit: int = 4096) -> list[MemoryRecord]:
        meant = condition(where, _DIALECT)
        with self._database.transaction() as cursor:
            found = run(cursor, meant.within(_GET), (after_id, *meant.values, limit)).fetchall()
        return [_record(columns) for columns in found]

    def count(self, where: Where) -> list[Holding]:
        meant = condition(where, _DIALECT)
        with self._database.transaction() as cursor:
            found = run(cursor, meant.within(_COUNT), meant.values).fetchall()
        return [rows.holding(columns) for columns in found]

    def delete(self, where: Where) -> int:
        return self._forget(_DELETE, condition(where, _DIALECT))

    def retain(self, where: Where, newest: int) -> int:
        if newest < 0:
            raise ConfigError(f"cannot retain {newest} memories; say how many, from 0 on")
        return self._forget(_RETAIN, condition(where, _DIALECT), newest)

    def close(self) -> None:
        self._database.close()

    def _forget(self, statement: str, meant: Condition, *more: int) -> int:
        with self._database.transaction() as cursor:
            return run(cursor, meant.within(statement), (*meant.values, *more)).rowcount


def _record(found: Sequence[Any]) -> MemoryRecord:
    memory_id, *columns, text = found
    try:
        return rows.record(memory_id, columns, from_text(text))
    except (ValueError, TypeError, RecursionError) as e:
        raise DriverError(f"PostgreSQL: memory {memory_id} cannot be read ({e}); delete it") from e
