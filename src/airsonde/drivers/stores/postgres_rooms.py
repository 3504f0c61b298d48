"""What is known of rooms, in the database of the memories."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

from airsonde.csi.memory import Drift, RoomBaseline, check_name
from airsonde.drivers.stores import rows
from airsonde.drivers.stores.postgres_database import Database, from_text, run, to_text

_FORGET_BASELINE: Final = (
    "DELETE FROM airsonde.baseline WHERE room = %s AND encoder = %s AND version = %s"
)
_LEARN: Final = (
    "INSERT INTO airsonde.baseline (room, encoder, version, t_ns, windows, embedding) "
    "VALUES (%s, %s, %s, %s, %s, %s::vector)"
)
_BASELINES: Final = (
    "SELECT room, encoder, version, t_ns, windows, embedding::text FROM airsonde.baseline "
    "WHERE room = coalesce(%s, room) ORDER BY id"
)
_NOTE: Final = (
    "INSERT INTO airsonde.drift AS d VALUES (%s, %s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (room, encoder, version, start_ns) DO UPDATE SET "
    "number = d.number + excluded.number, total = d.total + excluded.total, "
    "largest = greatest(d.largest, excluded.largest)"
)
_DRIFTS: Final = (
    "SELECT room, encoder, version, start_ns, number, total, largest FROM airsonde.drift "
    "WHERE room = %s AND encoder = %s AND version = %s ORDER BY start_ns"
)


class PostgresRooms:
    """The second port of the same database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def learn(self, baseline: RoomBaseline) -> None:
        columns = rows.baseline_row(baseline)
        with self._database.transaction() as cursor:
            run(cursor, _FORGET_BASELINE, columns[:3])
            run(cursor, _LEARN, (*columns, to_text(baseline.embedding)))

    def baselines(self, room: str | None = None) -> list[RoomBaseline]:
        if room is not None:
            check_name("room", room)
        with self._database.transaction() as cursor:
            found = run(cursor, _BASELINES, (room,)).fetchall()
        return [rows.baseline(columns, from_text(text)) for *columns, text in found]

    def note(self, drifts: Sequence[Drift]) -> None:
        with self._database.transaction() as cursor:
            cursor.executemany(_NOTE.encode(), [astuple(drift) for drift in drifts])

    def drifts(self, room: str, encoder: str, version: str) -> list[Drift]:
        with self._database.transaction() as cursor:
            found = run(cursor, _DRIFTS, (room, encoder, version)).fetchall()
        return [rows.drift(columns) for columns in found]
