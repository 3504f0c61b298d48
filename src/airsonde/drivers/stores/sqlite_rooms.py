"""What is known of rooms, in the file of the memories: baselines and how far windows were off."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

from airsonde.csi.memory import Drift, RoomBaseline, check_name
from airsonde.drivers.stores import rows
from airsonde.drivers.stores.sqlite_file import SqliteFile

_LEARN: Final = (
    "INSERT OR REPLACE INTO baseline (room, encoder, version, t_ns, windows, embedding) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
_BASELINES: Final = (
    "SELECT room, encoder, version, t_ns, windows, embedding FROM baseline "
    "WHERE room = coalesce(?, room) ORDER BY id"
)
_NOTE: Final = (
    "INSERT INTO drift VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (room, encoder, version, start_ns) DO UPDATE SET "
    "number = number + excluded.number, total = total + excluded.total, "
    "largest = max(largest, excluded.largest)"
)
_DRIFTS: Final = (
    "SELECT room, encoder, version, start_ns, number, total, largest FROM drift "
    "WHERE room = ? AND encoder = ? AND version = ? ORDER BY start_ns"
)


class SqliteRooms:
    """The second port of the same file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def learn(self, baseline: RoomBaseline) -> None:
        columns = rows.baseline_row(baseline)
        with self._file.writing() as cursor:
            cursor.execute(_LEARN, (*columns, rows.to_bytes(baseline.embedding)))

    def baselines(self, room: str | None = None) -> list[RoomBaseline]:
        if room is not None:
            check_name("room", room)
        with self._file.reading() as cursor:
            found = cursor.execute(_BASELINES, (room,)).fetchall()
        try:
            return [rows.baseline(columns, rows.from_bytes(blob)) for *columns, blob in found]
        except (ValueError, TypeError) as e:
            raise self._file.damaged("a baseline cannot be read") from e

    def note(self, drifts: Sequence[Drift]) -> None:
        with self._file.writing() as cursor:
            cursor.executemany(_NOTE, map(astuple, drifts))

    def drifts(self, room: str, encoder: str, version: str) -> list[Drift]:
        with self._file.reading() as cursor:
            found = cursor.execute(_DRIFTS, (room, encoder, version)).fetchall()
        return [rows.drift(columns) for columns in found]
