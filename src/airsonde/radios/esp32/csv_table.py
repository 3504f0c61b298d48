"""Read the columns and values of CSI rows into arrays, and say what is wrong with the others."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I64, U8, Bools
from airsonde.radios.esp32.columns import INTEGERS, Columns, usual_columns
from airsonde.radios.esp32.digits import Tokens, integers, mac_addresses
from airsonde.radios.esp32.layout import KNOWN_COUNTS
from airsonde.radios.esp32.lines import RowSpans, count_between

# Columns by header, and for each row which of these headers stands before it.
Headers = tuple[list[Columns | None], I64]
MISSING = np.iinfo(np.int64).min
LEGACY_NUMBERS = 128  # what ESP32-CSI-Tool prints of a longer row: its L-LTF

_LIMITS = {
    "sig_mode": (0, 3),
    "cwb": (0, 1),
    "stbc": (0, 3),
    "first_word": (0, 1),
    "secondary_channel": (0, 2),
    "channel": (0, 255),
    "rssi": (-128, 127),
    "local_timestamp": (0, 0xFFFFFFFF),
}
_COUNTS = np.array(sorted(2 * n for n in KNOWN_COUNTS))


class Fate(IntEnum):
    """What became of a row."""

    DECODED = 0
    TRUNCATED = 1
    NO_COLUMNS = 2
    UNREADABLE = 3
    OUT_OF_RANGE = 4
    RAGGED = 5
    NO_LAYOUT = 6


REASONS = {
    Fate.TRUNCATED: "truncated row",
    Fate.NO_COLUMNS: "unknown columns",
    Fate.UNREADABLE: "unreadable number",
    Fate.OUT_OF_RANGE: "number out of range",
    Fate.RAGGED: "ragged row",
    Fate.NO_LAYOUT: "unknown layout",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """M rows: columns by name (`MISSING`: not in this row), and where their values are."""

    fate: U8
    number: dict[str, I64]
    mac: I64
    values: NDArray[np.int8]
    first: I64
    count: I64

    def fail(self, rows: Bools, fate: Fate) -> None:
        """Condemn rows that no earlier check has condemned."""
        self.fate[rows & (self.fate == Fate.DECODED)] = fate


def read_table(text: U8, found: Tokens, rows: RowSpans, headers: Headers) -> Table:
    """Read every row of a text whose numbers are `found`."""
    first, count = count_between(found.last, rows.opening, rows.closing)
    size = len(rows.start)
    table = Table(
        fate=np.where(rows.whole, Fate.DECODED, Fate.TRUNCATED).astype(np.uint8),
        number={name: np.full(size, MISSING) for name in INTEGERS},
        mac=np.zeros(size, dtype=np.int64),
        values=found.value,
        first=first,
        count=count,
    )
    _read_columns(table, text, rows, headers)
    _, odd = count_between(found.odd, rows.opening + 1, rows.closing)
    table.fail(odd > 0, Fate.UNREADABLE)
    _, wrong = count_between(found.wrong, rows.opening, rows.closing)
    table.fail(wrong > 0, Fate.OUT_OF_RANGE)
    _check_numbers(table)
    _check_counts(table)
    return table


def _read_columns(table: Table, text: U8, rows: RowSpans, headers: Headers) -> None:
    columns_of, segment = headers
    commas = np.flatnonzero(text == ord(","))
    first, count = count_between(commas, rows.start, rows.opening)
    kinds, kind_of = np.unique(segment * 256 + np.minimum(count, 255), return_inverse=True)
    for kind, code in enumerate(kinds.tolist()):
        which = np.flatnonzero((kind_of == kind) & rows.whole)
        columns = columns_of[code // 256] or ()
        if len(columns) != code % 256:
            columns = usual_columns(code % 256) or ()
        if not columns:
            table.fail(kind_of == kind, Fate.NO_COLUMNS)
        elif len(which):
            stops = commas[first[which] + np.arange(len(columns))[:, None]]
            _read_some(table, text, which, columns, stops)


def _read_some(table: Table, text: U8, which: I64, columns: Columns, stops: I64) -> None:
    """Read the rows `which`; stops[i] are the commas behind their i-th column."""
    places = {name: columns.index(name) for name in INTEGERS if name in columns}
    at = np.array(list(places.values()))
    values, good = integers(text, stops[at - 1] + 1, stops[at])
    for name, row in zip(places, values, strict=True):
        table.number[name][which] = row
    mac = columns.index("mac")
    table.mac[which], fine = mac_addresses(text, stops[mac - 1] + 1, stops[mac])
    bad = np.zeros(len(table.fate), dtype=np.bool_)
    bad[which] = ~(good.all(axis=0) & fine)
    table.fail(bad, Fate.UNREADABLE)


def _check_numbers(table: Table) -> None:
    for name, (low, high) in _LIMITS.items():
        number = table.number[name]
        table.fail((number != MISSING) & ((number < low) | (number > high)), Fate.OUT_OF_RANGE)


def _check_counts(table: Table) -> None:
    """As many values as the row says, or the L-LTF that ESP32-CSI-Tool prints of them."""
    stated, count = table.number["len"], table.count
    printed = (count == LEGACY_NUMBERS) & (stated > LEGACY_NUMBERS)
    table.fail((count != stated) & ~printed, Fate.RAGGED)
    table.fail(~np.isin(count, _COUNTS), Fate.NO_LAYOUT)
