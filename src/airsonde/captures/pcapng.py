"""pcapng: packet blocks as arrays. Pure.

Format: IETF draft-ietf-opsawg-pcapng. Enhanced, simple and obsolete packet blocks are read;
every interface keeps its own link type and time resolution.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np

from airsonde.captures.pcap import CUT_SHORT, DAMAGED, Packets, Split
from airsonde.core.errors import DecodeError
from airsonde.csi.model import U8

SECTION, INTERFACE, OBSOLETE, SIMPLE, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_KINDS = (SECTION, INTERFACE, OBSOLETE, SIMPLE, ENHANCED)
_MAGIC = b"\x0a\x0d\x0d\x0a"
_ORDERS: dict[bytes, Literal["little", "big"]] = {
    b"\x4d\x3c\x2b\x1a": "little",
    b"\x1a\x2b\x3c\x4d": "big",
}
_LONGEST = 1 << 20
_RESOLUTION, _OFFSET = 9, 14


def is_pcapng(head: bytes) -> bool:
    """Whether a file that begins so is a pcapng."""
    return head[:4] == _MAGIC and head[8:12] in _ORDERS


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    units_per_s: int
    offset_s: int

    def t_ns(self, stamp: int) -> int:
        seconds, rest = divmod(stamp, self.units_per_s)
        return (seconds + self.offset_s) * 1_000_000_000 + rest * 1_000_000_000 // self.units_per_s


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    size: int
    t_ns: int
    link_type: int


class PcapngBlocks:
    """Split a pcapng; a damaged block costs itself, the next good one is found."""

    def __init__(self) -> None:
        self._order: Literal["little", "big"] | None = None
        self._interfaces: list[_Interface] = []
        self._lost = False

    def split(self, data: U8, *, final: bool) -> Split:
        """Index every whole block. Raises DecodeError when the file does not begin with one."""
        raw = data.data
        out = Split()
        found: list[_Found] = []
        at = 0
        while at + 12 <= len(raw):
            size = None if self._lost else self._block_size(raw, at)
            if size is not None and at + size <= len(raw):
                self._read(raw, at, size, found, out.skipped)
                at += size
            elif size is not None and not final:
                break
            else:
                counted, before = self._lost, at
                at = self._search(raw, at + 4 * (not self._lost), final=final)
                out.passed_over += at - before
                out.skipped[CUT_SHORT if final and self._lost else DAMAGED] += not counted
                if self._lost:
                    break
        if final and at < len(raw):
            out.skipped[CUT_SHORT] += not self._lost
            at = len(raw)
        out.consumed = at
        for _, group in groupby(found, key=lambda f: f.link_type):
            out.packets.append(_packets(list(group)))
        return out

    def _number(self, raw: memoryview, at: int, size: int = 4) -> int:
        return int.from_bytes(raw[at : at + size], self._order or "little")

    def _block_size(self, raw: memoryview, at: int) -> int | None:
        """Length of the block at `at`; None when its two lengths disagree or make no sense."""
        if raw[at : at + 4] == _MAGIC:
            order = _ORDERS.get(bytes(raw[at + 8 : at + 12]))
            if order is None:
                return None
            self._order = order
        elif self._order is None:
            raise DecodeError("pcapng: no section header", offset=at)
        size = self._number(raw, at + 4)
        if size < 12 or size % 4 or size > _LONGEST:
            return None
        end = at + size
        return size if end > len(raw) or self._number(raw, end - 4) == size else None

    def _search(self, raw: memoryview, at: int, *, final: bool) -> int:
        """Find the next whole block of a known kind; sets `_lost` when there is none yet."""
        self._lost = False
        while at + 12 <= len(raw):
            if self._number(raw, at) in _KINDS:
                size = self._block_size(raw, at)
                if size is not None and (at + size <= len(raw) or not final):
                    self._lost = at + size > len(raw)
                    return at
            at += 4
        self._lost = True
        return at

    def _read(
        self, raw: memoryview, at: int, size: int, found: list[_Found], skipped: Counter[str]
    ) -> None:
        kind = self._number(raw, at)
        if kind == SECTION:
            self._interfaces = []
        elif kind == INTERFACE and size >= 20:
            self._interfaces.append(self._interface(raw, at, size))
        elif kind in {ENHANCED, OBSOLETE, SIMPLE}:
            packet = self._packet(raw, at, size, kind)
            if packet is None:
                skipped["bad packet block"] += 1
            else:
                found.append(packet)

    def _packet(self, raw: memoryview, at: int, size: int, kind: int) -> _Found | None:
        head = 12 if kind == SIMPLE else 28
        if size < head + 4:
            return None
        number = 0
        if kind != SIMPLE:
            number = self._number(raw, at + 8, 4 if kind == ENHANCED else 2)
        if number >= len(self._interfaces):
            return None
        interface = self._interfaces[number]
        length = min(self._number(raw, at + 8), size - 16)
        t_ns = 0
        if kind != SIMPLE:
            stamp = self._number(raw, at + 12) << 32 | self._number(raw, at + 16)
            t_ns, length = interface.t_ns(stamp), self._number(raw, at + 20)
        if length > size - head - 4 or not 0 <= t_ns < 1 << 63:
            return None
        return _Found(at + head, length, t_ns, interface.link_type)

    def _interface(self, raw: memoryview, at: int, size: int) -> _Interface:
        units, offset = 1_000_000, 0
        option, end = at + 16, at + size - 4
        while option + 4 <= end:
            code, length = self._number(raw, option, 2), self._number(raw, option + 2, 2)
            value = option + 4
            if code == 0 or value + length > end:
                break
            if code == _RESOLUTION and length == 1:
                units = _resolution(raw[value])
            elif code == _OFFSET and length == 8:
                offset = self._number(raw, value, 8)
                offset -= (offset >> 63) << 64
            option = value + (length + 3 & ~3)
        return _Interface(self._number(raw, at + 8, 2), units, offset)


def _resolution(code: int) -> int:
    """Units a second: a power of two when the top bit is set, else of ten."""
    exponent = min(code & 0x7F, 63)
    return 1 << exponent if code & 0x80 else 10 ** min(exponent, 18)


def _packets(found: list[_Found]) -> Packets:
    starts, sizes, t_ns = (
        np.array([getattr(f, name) for f in found], dtype=np.int64)
        for name in ("start", "size", "t_ns")
    )
    return Packets(starts, sizes, t_ns, found[0].link_type)
