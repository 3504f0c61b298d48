"""Decode the CSV lines of ESP32-CSI-Tool and of Espressif's examples, a block at a time."""

import numpy as np

from airsonde.csi.clock import Unwrapped
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import I64, U8, FrameBatch, Tally
from airsonde.csi.ports import Fed
from airsonde.radios.esp32.columns import Columns, header_columns
from airsonde.radios.esp32.csv_lanes import lots
from airsonde.radios.esp32.csv_table import REASONS, Fate, Table, read_table
from airsonde.radios.esp32.digits import tokens
from airsonde.radios.esp32.frames import make_batches
from airsonde.radios.esp32.lines import find_rows

_BREAK = ord("\n")
_LONGEST_HEADER = 4096
_NO_ROW = "no CSI row in it: a header line at most"


class CsvDecoder:
    """Text in, batches out. Columns come from the last header line, else from their number.

    Time is the receiver's own microsecond counter, unwrapped: it starts anywhere.
    """

    def __init__(self, source: str, chip: str | None = None) -> None:
        self.tally = Tally()
        self.chip = chip
        self.warnings: list[str] = []
        self._source = source
        self._book = LaneBook()
        self._clock = Unwrapped(32)
        self._header: Columns | None = None

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        text = np.frombuffer(data, dtype=np.uint8)
        breaks = np.flatnonzero(text == _BREAK)
        whole = len(text) if final else int(breaks[-1]) + 1 if len(breaks) else 0
        found = self._decode(_ended(text[:whole])) if whole else []
        if final and not self.tally.records:
            self.warnings[:] = [_NO_ROW]
        return Fed(found, whole)

    def _decode(self, text: U8) -> list[FrameBatch]:
        before = self.tally.records
        table, start, junk = self._read(text)
        self.tally.skip("not a CSI row", len(junk))
        for fate, reason in REASONS.items():
            self.tally.skip(reason, int(np.count_nonzero(table.fate == fate)))
        rows = np.flatnonzero(table.fate == Fate.DECODED)
        self.tally.decoded += len(rows)
        if not len(rows):
            return []
        index = before + rows + np.searchsorted(junk, start[rows])
        t_ns = self._clock.unwrap(table.number["local_timestamp"][rows]) * 1000
        sorted_out = lots((self._source, self.chip), table, rows, (index, t_ns))
        return make_batches(self._book, sorted_out)

    def _read(self, text: U8) -> tuple[Table, I64, I64]:
        """The rows, where each begins, and where each line begins that is none."""
        found = tokens(text)
        lines = find_rows(text, found.odd)
        headers, junk = self._headers(text, lines.other)
        start = lines.rows.start
        segment = np.searchsorted(np.array([at for at, _ in headers], dtype=np.int64), start)
        columns_of = [self._header, *(columns for _, columns in headers)]
        self._header = columns_of[-1]
        return read_table(text, found, lines.rows, (columns_of, segment)), start, junk

    @staticmethod
    def _headers(text: U8, other: I64) -> tuple[list[tuple[int, Columns]], I64]:
        """Header lines with their positions, and the positions of all other lines."""
        headers, junk = [], []
        for start, stop in other.tolist():
            columns = header_columns(
                text[start : min(stop, start + _LONGEST_HEADER)].tobytes().strip()
            )
            if columns is None:
                junk.append(start)
            else:
                headers.append((start, columns))
        return headers, np.array(junk, dtype=np.int64)


def _ended(text: U8) -> U8:
    return text if text[-1] == _BREAK else np.append(text, np.uint8(_BREAK))
