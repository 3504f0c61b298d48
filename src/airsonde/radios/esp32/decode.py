"""Decode ADR-018 datagrams (magic C5110001), alone or one behind the other, and single CSV rows.

Layout: 20 bytes `magic | node u8 | antennas u8 | values u16 | MHz u32 | sequence u32 | rssi i8 |
noise i8 | reserved u16`, little endian, then (imaginary, real) int8 pairs, antenna by antenna.
There is neither a checksum nor a time in it.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from airsonde.core.channel import number_of
from airsonde.core.errors import ConfigError
from airsonde.csi.batches import with_time
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import I64, U8, Bools, FrameBatch, Tally
from airsonde.csi.payload import RecordPayloads
from airsonde.csi.ports import Fed, PayloadDecoder
from airsonde.radios.esp32.csv_decoder import CsvDecoder
from airsonde.radios.esp32.frames import Columns, LaneKey, Lot, make_batches
from airsonde.radios.esp32.layout import Rows, split_by_data

RAW_CSI = 1
_RAW_CSI_MAGIC = 0xC5110001
SIBLINGS = {  # by the last byte of their magic
    2: "vitals packet",
    3: "feature packet",
    4: "fused vitals packet",
    5: "compressed packet",
    6: "feature state packet",
    7: "temporal packet",
}
HEADER = np.dtype(
    [
        ("magic", "<u4"),
        ("node", "u1"),
        ("antennas", "u1"),
        ("values", "<u2"),
        ("mhz", "<u4"),
        ("seq", "<u4"),
        ("rssi", "i1"),
        ("noise", "i1"),
        ("reserved", "<u2"),
    ]
)
_MAGIC_TAIL = (0x00, 0x11, 0xC5)
_MOST_VALUES = 512
_LONGEST = HEADER.itemsize + 2 * 4 * _MOST_VALUES
_NO_TIME = "datagrams carry no time: every frame says 0"
_DAMAGED, _TRUNCATED, _BETWEEN = "damaged header", "truncated datagram", "garbage between records"


class Adr018Decoder:
    """Datagrams one behind the other; what is damaged ends where the next magic stands."""

    def __init__(self, source: str, chip: str | None = None) -> None:
        self.tally = Tally()
        self.chip = chip
        self.warnings: list[str] = []
        self._source = source
        self._book = LaneBook()
        self._lost = False

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        block = np.frombuffer(data, dtype=np.uint8)
        at, kind = _magics(block)
        stop = np.append(at[1:], len(block))
        if not final and len(at) and len(block) - at[-1] < 2 * _LONGEST:
            known = len(at) - 1
        else:
            known = len(at)
        self._count_junk(int(at[0]) if len(at) else len(block) - (0 if final else 3))
        batches = self._decode(block, at[:known], kind[:known], stop[:known])
        if final:
            self._lost = False
            self.warnings[:] = [_NO_TIME] if self.tally.decoded else []
        if known < len(at):
            return Fed(batches, int(at[known]))
        return Fed(batches, len(block) if final else max(0, len(block) - 3))

    def decode_whole(self, data: bytes) -> FrameBatch | None:
        """The frame of bytes that are one good datagram and nothing else; None: they are not."""
        if len(data) < HEADER.itemsize:
            return None
        header = np.frombuffer(data, dtype=HEADER, count=1)
        magic, _, n_rx, values, *_ = header[0].item()
        sound = magic == _RAW_CSI_MAGIC and 0 < n_rx < 5 and 0 < values <= _MOST_VALUES
        if not sound or len(data) != HEADER.itemsize + 2 * n_rx * values:
            return None
        rows = np.frombuffer(data, dtype=np.int8, offset=HEADER.itemsize)
        index = np.array([self.tally.records])
        self.tally.decoded += 1
        lots = self._alike(header, rows.reshape(1, n_rx, 2 * values), index)
        return make_batches(self._book, lots)[0]

    def _count_junk(self, size: int) -> None:
        """Count a stretch without magic once, however it was cut."""
        if size > 0 and not self._lost:
            self.tally.skip(_BETWEEN)
            self._lost = True

    def _decode(self, block: U8, at: I64, kind: U8, stop: I64) -> list[FrameBatch]:
        """Decode the datagrams at `at`; each may reach to the next magic, at `stop`."""
        if not len(at):
            return []
        before, index = self.tally.records, np.zeros(len(at), dtype=np.int64)
        raw = kind == RAW_CSI
        header = _headers(block, at)
        end = at + HEADER.itemsize + 2 * header["values"].astype(np.int64) * header["antennas"]
        sound = (header["antennas"] > 0) & (header["antennas"] < 5)
        sound &= (header["values"] > 0) & (header["values"] <= _MOST_VALUES)
        sound &= stop - at >= HEADER.itemsize
        good = raw & sound & (end <= stop)
        gap = good & (end < stop)
        index[1:] = np.cumsum(1 + gap)[:-1]
        for code, reason in SIBLINGS.items():
            self.tally.skip(reason, int(np.count_nonzero(kind == code)))
        self.tally.skip(_DAMAGED, int(np.count_nonzero(raw & ~sound)))
        self.tally.skip(_TRUNCATED, int(np.count_nonzero(raw & sound & ~good)))
        self.tally.skip(_BETWEEN, int(np.count_nonzero(gap)))
        self.tally.decoded += int(np.count_nonzero(good))
        self._lost = bool(gap[-1] or not good[-1])
        lots = self._lots(block, at[good], header[good], before + index[good])
        return make_batches(self._book, lots) if good.any() else []

    def _lots(self, block: U8, at: I64, header: NDArray[np.void], index: I64) -> Iterator[Lot]:
        alike = header["mhz"].astype(np.int64)
        for name, bits in (("node", 8), ("antennas", 3), ("values", 10)):
            alike = alike << bits | header[name]
        order = np.argsort(alike, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(alike[order])) + 1):
            n_rx, values = int(header["antennas"][members[0]]), int(header["values"][members[0]])
            body = at[members][:, None] + HEADER.itemsize + np.arange(2 * n_rx * values)
            rows = block[body].view(np.int8).reshape(-1, n_rx, 2 * values)
            yield from self._alike(header[members], rows, index[members])

    def _alike(self, header: NDArray[np.void], rows: Rows, index: I64) -> Iterator[Lot]:
        """Lots of rows (int8[N, n_rx, 2n]) of one node, channel and size."""
        _, node, n_rx, _, mhz, *_ = header[0].item()
        for layout, some in split_by_data(rows[:, 0]):
            key = LaneKey(
                source=f"{self._source}-node{node}",
                chip=self.chip,
                layout=layout,
                channel=channel_number(mhz),
                n_rx=n_rx,
            )
            yield Lot(key=key, rows=rows[some], columns=_columns(header[some], index[some]))


def _magics(block: U8) -> tuple[I64, U8]:
    """Where one of the known magics begins, and its last digit."""
    low, middle, high = _MAGIC_TAIL
    at = np.flatnonzero(block[3:] == high)
    at = at[(block[at + 2] == middle) & (block[at + 1] == low)]
    kind = block[at]
    known: Bools = (kind >= RAW_CSI) & (kind <= max(SIBLINGS))
    return at[known], kind[known]


def _headers(block: U8, at: I64) -> NDArray[np.void]:
    """Headers as records; zeros stand for what is beyond the end."""
    padded = np.append(block, np.zeros(HEADER.itemsize, dtype=np.uint8))
    headers: NDArray[np.void] = padded[at[:, None] + np.arange(HEADER.itemsize)].view(HEADER)
    return headers[:, 0]


def _columns(header: NDArray[np.void], index: I64) -> Columns:
    return Columns(
        index=index,
        t_ns=np.zeros(len(header), dtype=np.int64),
        rssi_dbm=header["rssi"].astype(np.float32),
        noise_dbm=header["noise"].astype(np.float32),
        seq=header["seq"].astype(np.int32),
    )


@lru_cache(maxsize=256)
def channel_number(mhz: int) -> int | None:
    """Channel number of a centre frequency; None when no channel is centred there."""
    try:
        return number_of(mhz)[1]
    except ConfigError:
        return None


class _Payloads:
    """Datagrams and serial lines, told apart by their first bytes."""

    def __init__(self) -> None:
        self._datagrams = Adr018Decoder("esp32")
        self._searched = RecordPayloads(lambda: self._datagrams)
        self._lines = RecordPayloads(lambda: CsvDecoder("esp32"))

    def decode(self, data: bytes, t_ns: int) -> FrameBatch:
        """Decode one ADR-018 datagram or one CSI line. Raises DecodeError when it is neither."""
        if b"CSI_DATA" in data:
            return self._lines.decode(data, t_ns)
        whole = self._datagrams.decode_whole(data)
        return self._searched.decode(data, t_ns) if whole is None else with_time(whole, t_ns)


def payloads() -> PayloadDecoder:
    """Live decoder of the family: one datagram or one line of text a call."""
    return _Payloads()
