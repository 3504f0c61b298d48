"""One SQLite file in WAL mode: opening it, its schema, transactions, and what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Final

from airsonde.core.errors import DriverError

SCHEMA_VERSION: Final = 1
_APPLICATION: Final = 0x61697264  # "aird"; tells the file from other SQLite files
_BUSY_S: Final = 10.0
_SCHEMA: Final = """
CREATE TABLE encoder (name TEXT PRIMARY KEY, dimension INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE memory (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    encoder TEXT NOT NULL,
    kind TEXT NOT NULL,
    room TEXT,
    source TEXT NOT NULL,
    t_ns INTEGER NOT NULL,
    embedding BLOB NOT NULL,
    numbers TEXT NOT NULL
) STRICT;
CREATE INDEX memory_by_room ON memory (room, t_ns);
CREATE INDEX memory_by_time ON memory (t_ns);
CREATE TABLE deletion (number INTEGER NOT NULL) STRICT;
INSERT INTO deletion VALUES (0);
CREATE TABLE baseline (
    id INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    encoder TEXT NOT NULL,
    version TEXT NOT NULL,
    embedding BLOB NOT NULL,
    t_ns INTEGER,
    windows INTEGER,
    UNIQUE (room, encoder, version)
) STRICT;
CREATE TABLE drift (
    room TEXT NOT NULL,
    encoder TEXT NOT NULL,
    version TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    number INTEGER NOT NULL,
    total REAL NOT NULL,
    largest REAL NOT NULL,
    PRIMARY KEY (room, encoder, version, start_ns)
) STRICT, WITHOUT ROWID;
"""
_MARKS: Final = (
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
_TRANSIENT: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_REMEDIES: Final = {
    sqlite3.SQLITE_BUSY: "another process is writing to it; try again",
    sqlite3.SQLITE_LOCKED: "another process is writing to it; try again",
    sqlite3.SQLITE_FULL: "the disk is full; make room, or forget some with `memory retain`",
    sqlite3.SQLITE_IOERR: "the disk refused; is it full, or failing?",
    sqlite3.SQLITE_READONLY: "it may not be written; check owner and mode of file and directory",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check owner and mode of file and directory",
    sqlite3.SQLITE_NOTADB: "it is no SQLite database; name another file",
    sqlite3.SQLITE_CORRUPT: "it is damaged; move it away and import the last export",
}


class SqliteFile:
    """A connection that any thread may use, one transaction at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._created()
        with self._explained():
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(self._connection)
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Cursor]:
        """One consistent view of the file."""
        with self._transaction("BEGIN") as cursor:
            yield cursor

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Cursor]:
        """Everything or nothing; on the disk when it is left."""
        with self._transaction("BEGIN IMMEDIATE") as cursor:
            yield cursor

    def damaged(self, why: str) -> DriverError:
        """An error for rows that this program did not write like that."""
        return DriverError(f"{self.path}: {why}; move it away and import the last export")

    def close(self) -> None:
        with self._lock, self._explained():
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Cursor]:
        with self._lock, self._explained():
            if self._connection is None:
                raise DriverError(f"{self.path} has been closed")
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(begin)
                try:
                    yield cursor
                    cursor.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):
                        self._connection.rollback()
                    raise

    def _created(self) -> None:
        """Make the file, readable by its owner alone, before SQLite would make it."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as e:
            raise DriverError(f"cannot create {self.path}: {e.strerror}") from e

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = self._version(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if version:
            return
        connection.execute("BEGIN IMMEDIATE")
        if not self._version(connection):  # another process may have been quicker
            for statement in (*_SCHEMA.split(";\n"), *_MARKS):
                connection.execute(statement)
        connection.execute("COMMIT")

    def _version(self, connection: sqlite3.Connection) -> int:
        """0 for a new file. Raises DriverError for other programs' files and later versions."""
        ((application,),) = connection.execute("PRAGMA application_id").fetchall()
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        if (application, version, tables) == (0, 0, 0):
            return 0
        if application != _APPLICATION:
            raise DriverError(f"{self.path} is a database of another program; name another file")
        if version != SCHEMA_VERSION:
            raise DriverError(
                f"{self.path} has schema version {version}, this airsonde knows {SCHEMA_VERSION}; "
                "use the airsonde that wrote it to `memory export`"
            )
        return SCHEMA_VERSION

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's errors into DriverError with a remedy."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as e:  # the latter: text of a damaged page
            code = getattr(e, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
            remedy = _REMEDIES.get(code, "is it damaged?")
            reason = f"cannot use {self.path} ({e}): {remedy}"
            raise DriverError(reason, transient=code in _TRANSIENT) from e
