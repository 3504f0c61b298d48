"""The record rvCSI keeps Nexmon frames in: 24 bytes of header, then N pairs of int16 (Q8.8). Pure.

On disk the magic reads `XNVR` (0x52564E58, little endian); the name RVNX is how it was meant.
A bad record costs itself: the next one is found by its magic.
"""

from collections.abc import Iterator
from functools import partial
from struct import Struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.lanes import LaneBook, named_channel
from airsonde.csi.model import C64, F32, I64, U8, Family, FrameBatch, Lane, Tally
from airsonde.csi.payload import RecordPayloads
from airsonde.csi.ports import Fed
from airsonde.csi.raw_order import subcarriers, to_lane, valid
from airsonde.csi.records import Records

MAGIC: Final = b"XNVR"
HEADER_BYTES: Final = 24
MAX_SUBCARRIERS: Final = 2048
CUT_SHORT: Final = "buffer shorter than the declared record"
VERSION: Final = 1
HAS_RSSI, HAS_NOISE = 1, 2
SCALE: Final = np.float32(256)
_FARTHEST: Final = 1 << 16  # bytes without a magic, after which none is waited for
_HEAD: Final = Struct("<4sBBH")
_LAYOUT: Final = np.uint64(0xFFFF_00FF_FFFF_FFFF)  # of its eight bytes, all but the flags


def payloads() -> RecordPayloads:
    """Decoder of single records."""
    return RecordPayloads(RvnxDecoder)


def fault(head: bytes) -> str | None:
    """What keeps these bytes from beginning a record; None when nothing does."""
    if len(head) < _HEAD.size:
        return "buffer too short for header"
    magic, version, _, count = _HEAD.unpack_from(head)
    if magic != MAGIC:
        return "bad magic (not an rvCSI Nexmon record)"
    if version != VERSION:
        return "unsupported record version"
    if count == 0:
        return "record declares zero subcarriers"
    return "record declares too many subcarriers" if count > MAX_SUBCARRIERS else None


class RvnxDecoder:
    """Concatenated records in, batches out; channel, width and count make a lane."""

    def __init__(self, source: str = "nexmon") -> None:
        self.tally = Tally()
        self.chip: str | None = None
        self.warnings: list[str] = []
        self._source = source
        self._lanes = LaneBook()

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        """Decode every record whose successor, or the end, confirms its length."""
        block = bytes(data)
        batches: list[FrameBatch] = []
        at = 0
        while at < len(block):
            if not final and len(block) - at < HEADER_BYTES:
                break
            wrong = fault(block[at : at + _HEAD.size])
            if wrong is None:
                wrong, run = _run(block, at, final=final)
                if wrong is None and not run:
                    break
                batches += self._decode(block, at, run)
                at += run * _length(block, at)
            if wrong is not None:
                self.tally.skip(wrong)
                at = _next_magic(block, at + 1, final=final)
        return Fed(batches, at)

    def _decode(self, block: bytes, at: int, run: int) -> list[FrameBatch]:
        """Batches of `run` records of equal length."""
        if not run:
            return []
        length = _length(block, at)
        starts = np.arange(at, at + run * length, length, dtype=np.int64)
        index = np.arange(run) + self.tally.records
        records = Records(np.frombuffer(block, np.uint8), starts)
        in_range = records.column(16, "<u8") < 1 << 63
        if not in_range.all():
            self.tally.skip("timestamp beyond 63 bits", int((~in_range).sum()))
            records, index = records.where(in_range), index[in_range]
        self.tally.decoded += len(records)
        return [self._batch(key, part, own) for key, part, own in _by_lane(records, index)]

    def _batch(self, key: tuple[int, int, int], records: Records, index: I64) -> FrameBatch:
        flags = records.column(5, "u1")
        samples = records.block(HEADER_BYTES, "<i2", (key[2], 2)).astype(np.float32) / SCALE
        csi: C64 = samples.view(np.complex64)[..., 0]
        return FrameBatch(
            lane=self._lanes.lane(key, partial(_lane, key, self._source)),
            index=index,
            t_ns=records.column(16, "<u8").astype(np.int64),
            csi=np.ascontiguousarray(to_lane(csi, Family.NEXMON)),
            rssi_dbm=_level(records.column(8, "i1"), flags, HAS_RSSI),
            noise_dbm=_level(records.column(9, "i1"), flags, HAS_NOISE),
        )


def _length(block: bytes, at: int) -> int:
    return HEADER_BYTES + 4 * int(_HEAD.unpack_from(block, at)[3])


def _run(block: bytes, at: int, *, final: bool) -> tuple[str | None, int]:
    """What is wrong with the record at `at`, or how many good ones of its length begin there.

    Neither (None, 0) while more bytes are needed to tell.
    """
    length = _length(block, at)
    whole = (len(block) - at) // length
    if not whole:
        return (CUT_SHORT, 0) if final else (None, 0)
    heads = np.ndarray((whole,), "<u8", block, at, (length,)) & _LAYOUT
    other = np.flatnonzero(heads != heads[0])
    run = int(other[0]) if len(other) else whole
    if block.count(MAGIC, at, at + run * length) != run:
        run = 1
        if _holds_another(block, at, at + length):
            return "length contradicts what follows", 0
    confirmed = _confirmed(block, at + (run - 1) * length, at + run * length, final=final)
    if confirmed:
        return None, run
    if confirmed is None or run > 1:
        return None, run - 1
    return "length contradicts what follows", 0


def _holds_another(block: bytes, at: int, end: int) -> bool:
    """Whether a record begins inside the one at `at`."""
    inside = block.find(MAGIC, at + 1, end)
    while inside >= 0:
        if fault(block[inside : inside + _HEAD.size]) is None:
            return True
        inside = block.find(MAGIC, inside + 1, end)
    return False


def _confirmed(block: bytes, at: int, end: int, *, final: bool) -> bool | None:
    """Whether what lies behind agrees that the record at `at` ends at `end`; None: not known yet.

    It does when another record begins there, be its magic or its count damaged, and when nothing
    that begins a record comes at all.
    """
    if end == len(block) and final:
        return True
    follows = block[end : end + _HEAD.size]
    if len(follows) == _HEAD.size:
        if follows.startswith(MAGIC) or _leads_on(block, end):
            return True
        if block.find(MAGIC, at + HEADER_BYTES) >= 0:
            return False
    return True if final or len(block) - end > _FARTHEST else None


def _leads_on(block: bytes, at: int) -> bool:
    """Whether a record with a broken magic seems to lie here: its length leads to the next."""
    if fault(MAGIC + block[at + len(MAGIC) : at + _HEAD.size]) is not None:
        return False
    end = at + _length(block, at)
    return end == len(block) or block.startswith(MAGIC, end)


def _next_magic(block: bytes, at: int, *, final: bool) -> int:
    found = block.find(MAGIC, at)
    if found >= 0:
        return found
    return len(block) if final else max(at, len(block) - len(MAGIC) + 1)


def _by_lane(records: Records, index: I64) -> Iterator[tuple[tuple[int, int, int], Records, I64]]:
    """Records of one channel, width and count each, in the order of their first appearance."""
    if not len(records):
        return
    words = records.column(10, "<u4")
    values, first = np.unique(words, return_index=True)
    count = int(records.column(6, "<u2")[0])
    for word in values[np.argsort(first)]:
        own = words == word
        key = (int(word) & 0xFFFF, int(word) >> 16, count)
        yield key, records.where(slice(None) if own.all() else own), index[own]


def _lane(key: tuple[int, int, int], source: str, number: int) -> Lane:
    channel, width_mhz, size = key
    return Lane(
        number=number,
        source=source,
        family=Family.NEXMON,
        channel=named_channel(Family.NEXMON, channel, width_mhz),
        subcarriers=subcarriers(size),
        valid=valid(Family.NEXMON, size),
        stated=(channel, width_mhz),
    )


def _level(values: NDArray[np.int8], flags: U8, flag: int) -> F32:
    return np.where(flags & flag, values, np.float32(np.nan)).astype(np.float32)
