"""One PostgreSQL database: connecting, the tables of RF memory, and what its errors mean."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.csi.model import F32

if TYPE_CHECKING:
    import psycopg

    Cursor: TypeAlias = psycopg.Cursor[tuple[Any, ...]]

SCHEMA_VERSION: Final = 1
LOCK: Final = 0x61697264  # advisory lock: one process at a time makes tables or gives out numbers
_CONNECT_S: Final = 10
_SCHEMA: Final = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA IF NOT EXISTS airsonde;
CREATE TABLE airsonde.version (number integer PRIMARY KEY);
CREATE TABLE airsonde.encoder (name text PRIMARY KEY, dimension integer NOT NULL);
CREATE TABLE airsonde.memory (
    id bigserial PRIMARY KEY,
    encoder text NOT NULL,
    kind text NOT NULL,
    room text,
    source text NOT NULL,
    t_ns bigint NOT NULL,
    numbers text NOT NULL,
    embedding vector NOT NULL
);
CREATE INDEX memory_by_room ON airsonde.memory (room, t_ns);
CREATE INDEX memory_by_time ON airsonde.memory (t_ns);
CREATE TABLE airsonde.baseline (
    id bigserial PRIMARY KEY,
    room text NOT NULL,
    encoder text NOT NULL,
    version text NOT NULL,
    t_ns bigint,
    windows bigint,
    embedding vector NOT NULL,
    UNIQUE (room, encoder, version)
);
CREATE TABLE airsonde.drift (
    room text,
    encoder text,
    version text,
    start_ns bigint,
    number bigint NOT NULL,
    total double precision NOT NULL,
    largest double precision NOT NULL,
    PRIMARY KEY (room, encoder, version, start_ns)
);
"""


class Database:
    """A connection that any thread may use, one transaction at a time; made anew when lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = RLock()
        self._closed = False
        self._connection: psycopg.Connection | None = None
        self._psycopg = _psycopg()
        try:
            with self.transaction() as cursor:
                _prepare(cursor)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator["Cursor"]:
        """Everything or nothing; committed when it is left."""
        with self._lock, self._explained():
            if self._closed:
                raise DriverError("the PostgreSQL memory has been closed")
            if self._connection is None or self._connection.closed:
                self._connection = self._psycopg.connect(
                    self._url, connect_timeout=_CONNECT_S, autocommit=True
                )
            with self._connection.transaction(), self._connection.cursor() as cursor:
                yield cursor

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn psycopg's errors into DriverError."""
        psycopg = self._psycopg
        try:
            yield
        except psycopg.errors.UndefinedFile as e:
            raise UnsupportedError("the server has no pgvector; install it there") from e
        except psycopg.errors.InsufficientPrivilege as e:
            reason = (
                f"PostgreSQL: {_sentence(e)}; an administrator has to make extension and schema"
            )
            raise DriverError(reason) from e
        except psycopg.OperationalError as e:
            reason = f"PostgreSQL: {_sentence(e)}; check the address, and whether the server runs"
            raise DriverError(reason, transient=True) from e
        except psycopg.Error as e:
            raise DriverError(f"PostgreSQL: {_sentence(e)}") from e


def run(cursor: "Cursor", statement: str, values: Sequence[Any] = ()) -> "Cursor":
    """Execute one of this program's own statements; gives the cursor."""
    return cursor.execute(statement.encode(), values)


def to_text(embedding: F32) -> str:
    """As pgvector reads it; float32 come back as they were."""
    return "[" + ",".join(map(str, embedding.tolist())) + "]"


def from_text(text: str) -> F32:
    """float32[D] of what pgvector writes. Raises ValueError for anything else."""
    return np.array(text.strip("[]").split(","), np.float64).astype(np.float32)


def _prepare(cursor: "Cursor") -> None:
    """Make the tables where there are none. Raises DriverError for those of another version."""
    run(cursor, "SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    known = run(cursor, "SELECT to_regclass('airsonde.version')::text").fetchone()
    if known == (None,):
        cursor.execute(_SCHEMA.encode())
        run(cursor, "INSERT INTO airsonde.version VALUES (%s)", (SCHEMA_VERSION,))
    found = run(cursor, "SELECT number FROM airsonde.version").fetchall()
    if found != [(SCHEMA_VERSION,)]:
        raise DriverError(
            f"the tables are of version {found}, this airsonde knows {SCHEMA_VERSION}; "
            "use the airsonde that made them to `memory export`"
        )


def _psycopg() -> ModuleType:
    try:
        import psycopg
    except ImportError as e:
        raise UnsupportedError("PostgreSQL needs psycopg: pip install 'airsonde[postgres]'") from e
    return psycopg


def _sentence(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
