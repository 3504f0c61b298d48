"""Keep events and the audit trail in SQLite: appended, paged, forgotten for good.

A row that was acknowledged survives the end of the process at any moment (WAL). What is deleted is
overwritten with zeros (`secure_delete`) and its pages are given back.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from airsonde.core.errors import DriverError
from airsonde.csi.events import Event, EventKind

_LAYOUT: Final = 1
_MOST: Final = 500
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, told_ns INTEGER NOT NULL, source TEXT NOT NULL,
    session INTEGER NOT NULL, event_id INTEGER NOT NULL, kind TEXT NOT NULL, room TEXT NOT NULL,
    origin TEXT NOT NULL, lane INTEGER NOT NULL, t_ns INTEGER NOT NULL, confidence REAL NOT NULL,
    evidence TEXT NOT NULL, calibration TEXT, numbers TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_by_time ON events (told_ns);
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, told_ns INTEGER NOT NULL, who TEXT NOT NULL,
    action TEXT NOT NULL, outcome TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent:
    """An event with when, where and in which session it was told; `number` is 0 until kept."""

    number: int = 0
    told_ns: int
    session: int
    room: str
    origin: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events: None and () leave a field open; since_ns <= told_ns < until_ns.

    Those `after` a number in the order asked for, at most `limit`.
    """

    source: str | None = None
    room: str | None = None
    origin: str | None = None
    kinds: Sequence[str] = ()
    since_ns: int | None = None
    until_ns: int | None = None
    newest: bool = True
    after: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A write action, whoever asked for it, and what became of it."""

    told_ns: int
    who: str
    action: str
    outcome: str


@dataclass(slots=True)
class _Clauses:
    """Conditions of a query and their values."""

    texts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, text: str, *values: Any) -> None:
        if all(value is not None for value in values):
            self.texts.append(text)
            self.values.extend(values)


class EventStore:
    """One file. Of one thread; failures are DriverError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _said(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA auto_vacuum=INCREMENTAL")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA secure_delete=ON")
            self._check_layout()
            self._db.executescript(_SCHEMA)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the store. Raises DriverError that says why it cannot be."""
        return cls(path)

    def add(self, kept: KeptEvent) -> int:
        """Append an event; give its number."""
        event = kept.event
        row = (
            *(kept.told_ns, event.source, kept.session, event.event_id, event.kind.value),
            *(kept.room, kept.origin, event.lane, event.t_ns, event.confidence),
            *(json.dumps(list(event.evidence)), event.calibration, json.dumps(dict(event.numbers))),
        )
        with _said(self.path):
            cursor = self._db.execute(
                "INSERT INTO events (told_ns, source, session, event_id, kind, room, origin, lane,"
                " t_ns, confidence, evidence, calibration, numbers)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                row,
            )
        return int(cursor.lastrowid or 0)

    def note(self, entry: AuditEntry) -> None:
        """Append to the audit trail."""
        with _said(self.path):
            self._db.execute(
                "INSERT INTO audit (told_ns, who, action, outcome) VALUES (?,?,?,?)",
                (entry.told_ns, entry.who, entry.action, entry.outcome),
            )

    def audit(self) -> list[AuditEntry]:
        """The newest entries of the trail, at most 500, oldest first."""
        with _said(self.path):
            rows = self._db.execute(
                "SELECT told_ns, who, action, outcome FROM audit ORDER BY id DESC LIMIT ?", (_MOST,)
            ).fetchall()
        return [AuditEntry(told_ns=t, who=w, action=a, outcome=o) for t, w, a, o in reversed(rows)]

    def events(self, query: EventQuery) -> list[KeptEvent]:
        """One page of what matches."""
        where = _conditions(query)
        order = "DESC" if query.newest else "ASC"
        condition = f"WHERE {' AND '.join(where.texts)}" if where.texts else ""
        with _said(self.path):
            rows = self._db.execute(
                f"SELECT * FROM events {condition} ORDER BY id {order} LIMIT ?",  # noqa: S608
                (*where.values, min(query.limit, _MOST)),
            ).fetchall()
        return [_kept(row) for row in rows]

    def event(self, number: int) -> KeptEvent | None:
        with _said(self.path):
            row = self._db.execute("SELECT * FROM events WHERE id = ?", (number,)).fetchone()
        return None if row is None else _kept(row)

    def count(self) -> int:
        with _said(self.path):
            return int(self._db.execute("SELECT COUNT(*) FROM events").fetchone()[0])

    def size_bytes(self) -> int:
        """What the store takes on the disk."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(f.stat().st_size for f in files if f.exists())

    def forget(self, *, before_ns: int, most_bytes: int) -> int:
        """Delete what is older, then the oldest until the rest fits; give how many events went."""
        with _said(self.path):
            gone = self._db.execute("DELETE FROM events WHERE told_ns < ?", (before_ns,)).rowcount
            trail = self._db.execute("DELETE FROM audit WHERE told_ns < ?", (before_ns,)).rowcount
            while (size := self._live_bytes()) > most_bytes and (held := self.count()):
                share = max(1, round(held * (1 - most_bytes / size)) + 1)
                gone += self._db.execute(
                    "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?)",
                    (share,),
                ).rowcount
            if gone or trail:
                self._db.executescript("PRAGMA incremental_vacuum")  # a row a page: run to the end
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone

    def close(self) -> None:
        with _said(self.path):
            self._db.close()

    def _live_bytes(self) -> int:
        def pragma(name: str) -> int:
            return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

        return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")

    def _check_layout(self) -> None:
        layout = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if layout > _LAYOUT:
            raise DriverError(f"{self.path} was written by a newer airsonde; name another folder")
        self._db.execute(f"PRAGMA user_version={_LAYOUT}")


def _conditions(query: EventQuery) -> _Clauses:
    where = _Clauses()
    where.add("source = ?", query.source)
    where.add("room = ?", query.room)
    where.add("origin = ?", query.origin)
    where.add("told_ns >= ?", query.since_ns)
    where.add("told_ns < ?", query.until_ns)
    where.add("id < ?" if query.newest else "id > ?", query.after)
    if query.kinds:
        where.add(f"kind IN ({','.join('?' * len(query.kinds))})", *query.kinds)
    return where


def _kept(row: Sequence[Any]) -> KeptEvent:
    number, told_ns, source, session, event_id, kind, room, origin, lane, t_ns, sure = row[:11]
    evidence, calibration, numbers = row[11:]
    event = Event(
        event_id=event_id,
        kind=EventKind(kind),
        source=source,
        lane=lane,
        t_ns=t_ns,
        confidence=sure,
        evidence=tuple(json.loads(evidence)),
        calibration=calibration,
        numbers=json.loads(numbers),
    )
    return KeptEvent(
        number=number, told_ns=told_ns, session=session, room=room, origin=origin, event=event
    )


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Say in one sentence what the store refused."""
    try:
        yield
    except sqlite3.DatabaseError as e:
        raise DriverError(f"{path}: {e}; move it away to begin anew") from e
    except OSError as e:
        if isinstance(e, DriverError):
            raise
        raise DriverError(f"cannot open {path}: {e.strerror}") from e
