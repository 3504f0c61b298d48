"""Decode JSON lines of ESP32 recordings into batches."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import F32, Tally
from airsonde.csi.ports import Fed
from airsonde.radios.esp32.frames import Columns, LaneKey, Lot, make_batches
from airsonde.radios.esp32.json_rows import Row, parse_row
from airsonde.radios.esp32.layout import Layout, amplitude_layout, split_by_data

_NO_PHASE = "amplitudes only: there is no phase in this capture, it reads as 0"
_NO_TIME = "lines carry no time: such frames say 0"
_REPAIRED = "12 header bytes before the values were taken off (recorder with wrong offsets)"

_Numbered = tuple[int, Row]


class JsonDecoder:
    """Lines in, batches out. Time is the host's: these recordings keep no other."""

    def __init__(self, source: str, chip: str | None = None) -> None:
        self.tally = Tally()
        self.chip = chip
        self.warnings: list[str] = []
        self._source = source
        self._book = LaneBook()

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        text = data.tobytes()
        whole = len(text) if final else text.rfind(b"\n") + 1
        rows: list[_Numbered] = []
        for line in text[:whole].split(b"\n"):
            if not line.strip():
                continue
            row = parse_row(line)
            if isinstance(row, str):
                self.tally.skip(row)
            else:
                rows.append((self.tally.records, row))
                self.tally.decoded += 1
        return Fed(make_batches(self._book, self._lots(rows)), whole)

    def _lots(self, rows: Sequence[_Numbered]) -> Iterator[Lot]:
        groups: dict[tuple[object, ...], list[_Numbered]] = {}
        for number, row in rows:
            alike = (row.node, row.channel, len(row.pairs), row.seq is None)
            layout = None if row.amplitudes is None else amplitude_layout(row.amplitudes)
            groups.setdefault((*alike, layout), []).append((number, row))
            self._warn(row)
        for group in groups.values():
            yield from self._amplitudes(group) if group[0][1].pairs == b"" else self._pairs(group)

    def _warn(self, row: Row) -> None:
        for applies, warning in (
            (row.amplitudes is not None, _NO_PHASE),
            (row.t_ns is None, _NO_TIME),
            (row.repaired, _REPAIRED),
        ):
            if applies and warning not in self.warnings:
                self.warnings.append(warning)

    def _amplitudes(self, group: list[_Numbered]) -> Iterator[Lot]:
        values = np.stack([r.amplitudes for _, r in group if r.amplitudes is not None])
        key = self._key(group[0][1], amplitude_layout(values[0]))
        yield Lot(key=key, rows=values, columns=_columns(group))

    def _pairs(self, group: list[_Numbered]) -> Iterator[Lot]:
        joined = np.frombuffer(b"".join(r.pairs for _, r in group), dtype=np.int8)
        rows = joined.reshape(len(group), -1)
        for layout, some in split_by_data(rows):
            yield Lot(
                key=self._key(group[0][1], layout),
                rows=rows[some][:, None, :],
                columns=_columns([group[i] for i in some]),
            )

    def _key(self, row: Row, layout: Layout) -> LaneKey:
        source = self._source if row.node is None else f"{self._source}-node{row.node}"
        return LaneKey(source=source, chip=self.chip, layout=layout, channel=row.channel)


def _columns(group: Sequence[_Numbered]) -> Columns:
    rows = [row for _, row in group]
    return Columns(
        index=np.array([number for number, _ in group], dtype=np.int64),
        t_ns=np.array([row.t_ns or 0 for row in rows], dtype=np.int64),
        rssi_dbm=_power([row.rssi_dbm for row in rows]),
        noise_dbm=_power([row.noise_dbm for row in rows]),
        seq=None if rows[0].seq is None else np.array([row.seq for row in rows], dtype=np.int32),
    )


def _power(values: list[float | None]) -> F32 | None:
    if all(value is None for value in values):
        return None
    return np.array([math.nan if v is None else v for v in values], dtype=np.float32)
