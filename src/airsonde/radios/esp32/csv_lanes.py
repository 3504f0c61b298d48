"""Sort the rows of a table into lanes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I64, Ppdu
from airsonde.radios.esp32.csv_table import LEGACY_NUMBERS, MISSING, Table
from airsonde.radios.esp32.frames import Columns, LaneKey, Lot
from airsonde.radios.esp32.layout import Flags, Layout, Rows, layout_by_flags, split_by_data

_PPDUS = {0: Ppdu.NON_HT, 1: Ppdu.HT, 3: Ppdu.VHT}
_NO_FLAGS = 7
_PACKED = (  # column, bits, its value where the row has no such column
    ("sig_mode", 3, _NO_FLAGS),
    ("cwb", 1, 0),
    ("stbc", 2, 0),
    ("secondary_channel", 2, 0),
    ("first_word", 1, 1),
    ("channel", 8, 0),
)
_BESIDE = ("rate", "mcs", "agc_gain", "fft_gain")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """Rows that agree in everything that decides their lane."""

    rows: I64
    mac: int
    count: int
    whole: bool
    told: dict[str, int]


def lots(
    about: tuple[str, str | None], table: Table, rows: I64, when: tuple[I64, I64]
) -> Iterator[Lot]:
    """The decoded `rows` by lane; `about` is source and chip, `when` their index and time."""
    for group in _groups(table, rows):
        at = rows[group.rows]
        pairs = table.values[table.first[at][:, None] + np.arange(group.count)]
        for layout, some in _by_layout(group, pairs):
            index, t_ns = (column[group.rows[some]] for column in when)
            yield Lot(
                key=_key(about, group, layout),
                rows=pairs[some][:, None, :],
                columns=_columns(table, at[some], index, t_ns),
            )


def _groups(table: Table, rows: I64) -> Iterator[_Group]:
    packed = np.zeros(len(rows), dtype=np.int64)
    for name, bits, absent in _PACKED:
        number = table.number[name][rows]
        packed = packed << bits | np.where(number == MISSING, absent, number)
    whole = table.count[rows] == table.number["len"][rows]
    packed = (packed << 1 | whole) << 10 | table.count[rows]
    order = np.lexsort((packed, table.mac[rows]))
    mac, packed = table.mac[rows][order], packed[order]
    change = np.flatnonzero((np.diff(mac) != 0) | (np.diff(packed) != 0)) + 1
    for members in np.split(order, change):
        yield _group(table, rows, members)


def _group(table: Table, rows: I64, members: I64) -> _Group:
    one = rows[members[0]]
    told = {
        name: absent if (number := int(table.number[name][one])) == MISSING else number
        for name, _, absent in _PACKED
    }
    count = int(table.count[one])
    return _Group(
        rows=members,
        mac=int(table.mac[one]),
        count=count,
        whole=count == int(table.number["len"][one]),
        told=told,
    )


def _by_layout(group: _Group, pairs: Rows) -> Iterator[tuple[Layout, NDArray[np.intp] | slice]]:
    """Layouts in the group, each with its rows; a lone HT-LTF shows only in the data."""
    told = group.told
    lone = told["sig_mode"] == 1 and group.whole and group.count == LEGACY_NUMBERS
    if not lone and told["sig_mode"] != _NO_FLAGS:
        flags = Flags(
            ppdu=_PPDUS.get(told["sig_mode"]),
            wide=bool(told["cwb"]),
            stbc=bool(told["stbc"]),
            secondary=told["secondary_channel"],
        )
        layout = layout_by_flags(group.count // 2, flags)
        if layout is not None:
            yield layout, slice(None)
        return
    yield from split_by_data(pairs)


def _key(about: tuple[str, str | None], group: _Group, layout: Layout) -> LaneKey:
    told = group.told
    return LaneKey(
        source=about[0],
        chip=about[1],
        layout=layout,
        transmitter=group.mac.to_bytes(6, "big"),
        channel=told["channel"],
        secondary=told["secondary_channel"],
        ppdu=_PPDUS.get(told["sig_mode"]),
        wide=bool(told["cwb"]),
        stale=bool(told["first_word"]),
    )


def _columns(table: Table, at: I64, index: I64, t_ns: I64) -> Columns:
    def column(name: str) -> I64 | None:
        values = table.number[name][at]
        return None if (values == MISSING).any() else values

    rssi, noise, seq = column("rssi"), column("noise_floor"), column("seq")
    return Columns(
        index=index,
        t_ns=t_ns,
        rssi_dbm=None if rssi is None else rssi.astype(np.float32),
        noise_dbm=None if noise is None else noise.astype(np.float32),
        seq=None if seq is None else seq.astype(np.int32),
        extra={n: c.astype(np.int16) for n in _BESIDE if (c := column(n)) is not None},
    )
