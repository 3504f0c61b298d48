"""Classic pcap: packet records of a block as arrays (all four magics). Pure.

Format: https://www.tcpdump.org/manpages/pcap-savefile.5.html
"""

from collections import Counter
from dataclasses import dataclass, field
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import DecodeError
from airsonde.csi.model import I64, U8
from airsonde.csi.records import Records

HEADER_BYTES = 24
CUT_SHORT = "cut short by the end of the file"
DAMAGED = "damaged record header"
_RECORD_BYTES = 16
_LONGEST = 1 << 18  # libpcap's MAXIMUM_SNAPLEN
_MAGICS = {  # byte order, nanoseconds in one unit of the fraction
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_LOOK_AHEAD = 64  # records compared at once, at first
_WORTH_A_RUN = 8  # fewer equal lengths than this are cheaper to walk
_SEARCH = 4096  # bytes searched for the next record, at first


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets of one link type: where (int64[n]), how long, when (ns since the epoch)."""

    starts: I64
    sizes: I64
    t_ns: I64
    link_type: int


@dataclass(slots=True)
class Split:
    """What one block held, how many bytes are done with, which records were unreadable and why.

    `passed_over` bytes were searched for the next record.
    """

    packets: list[Packets] = field(default_factory=list)
    consumed: int = 0
    passed_over: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def is_pcap(head: bytes) -> bool:
    """Whether a file that begins so is a classic pcap."""
    return head[:4] in _MAGICS and len(head) >= HEADER_BYTES


class PcapBlocks:
    """Split a classic pcap; a damaged record header costs itself, the next good one is found."""

    def __init__(self) -> None:
        self._fields = Struct("<4I")
        self._dtype = "<u4"
        self._unit_ns = 0
        self._link_type = 0
        self._lost = False

    def split(self, data: U8, *, final: bool) -> Split:
        """Index every whole record. Raises DecodeError when the file header is not one."""
        if self._unit_ns:
            return self._records(data, 0, final=final)
        if len(data) < HEADER_BYTES and not final:
            return Split()
        self._read_header(data[:HEADER_BYTES].tobytes())
        return self._records(data, HEADER_BYTES, final=final)

    def _read_header(self, head: bytes) -> None:
        if not is_pcap(head):
            raise DecodeError("pcap: no file header", offset=0)
        order, self._unit_ns = _MAGICS[head[:4]]
        self._fields, self._dtype = Struct(order + "4I"), order + "u4"
        self._link_type = self._fields.unpack_from(head, 8)[3] & 0x0FFF_FFFF

    def _records(self, data: U8, at: int, *, final: bool) -> Split:
        out = Split()
        heads: list[I64] = []
        while at + _RECORD_BYTES <= len(data):
            size = None if self._lost else self._size(data, at)
            fits = size is not None and at + _RECORD_BYTES + size <= len(data)
            if size is not None and fits:
                run, at = self._run(data, at, size)
                heads.append(run)
            elif size is not None and not final:
                break
            else:
                counted, before = self._lost, at
                at = self._search(data, at + (not self._lost), final=final)
                out.passed_over += at - before
                reason = CUT_SHORT if final and self._lost else DAMAGED
                out.skipped[reason] += not counted
                if self._lost:
                    break
        if final and at < len(data):
            out.skipped[CUT_SHORT] += not self._lost
            at = len(data)
        out.consumed = at
        if heads:
            out.packets.append(self._packets(data, np.concatenate(heads)))
        return out

    def _packets(self, data: U8, heads: I64) -> Packets:
        fields = Records(data, heads).block(0, self._dtype, (3,)).astype(np.int64)
        t_ns = fields[:, 0] * 1_000_000_000 + fields[:, 1] * self._unit_ns
        return Packets(heads + _RECORD_BYTES, fields[:, 2], t_ns, self._link_type)

    def _run(self, data: U8, at: int, size: int) -> tuple[I64, int]:
        """Heads of some records from `at` on, and where they end."""
        step = _RECORD_BYTES + size
        count = self._equal(data, at, size, (len(data) - at) // step)
        if count >= _WORTH_A_RUN:
            return np.arange(at, at + count * step, step, dtype=np.int64), at + count * step
        heads, equal, last = [], 0, -1
        while equal < _WORTH_A_RUN:
            found = self._size(data, at)
            if found is None or at + _RECORD_BYTES + found > len(data):
                break
            heads.append(at)
            at += _RECORD_BYTES + found
            equal, last = (equal + 1 if found == last else 0), found
        return np.array(heads, dtype=np.int64), at

    def _equal(self, data: U8, at: int, size: int, most: int) -> int:
        """How many records of this length follow each other; looks ahead in growing steps."""
        step, known, look = _RECORD_BYTES + size, 1, _LOOK_AHEAD
        while known < most:
            n = min(look, most - known)
            fields: NDArray[np.uint32] = np.ndarray(
                (n, 4), self._dtype, data, at + known * step, (step, 4)
            )
            good = self._plausible(fields) & (fields[:, 2] == size)
            if not good.all():
                return known + int(np.argmin(good))
            known, look = known + n, look * 8
        return known

    def _plausible(self, fields: NDArray[np.uint32]) -> NDArray[np.bool_]:
        fraction, size, original = fields[:, 1], fields[:, 2], fields[:, 3]
        second = 1_000_000_000 // self._unit_ns
        answer: NDArray[np.bool_] = (
            (fraction < second) & (size <= original) & (original - 1 < _LONGEST)
        )
        return answer

    def _size(self, data: U8, at: int) -> int | None:
        """Captured length of the record at `at`; None when that cannot be a record header."""
        if at + _RECORD_BYTES > len(data):
            return None
        _, fraction, size, original = self._fields.unpack_from(data.data, at)
        second = 1_000_000_000 // self._unit_ns
        good = fraction < second and size <= original and 0 < original <= _LONGEST
        return int(size) if good else None

    def _search(self, data: U8, at: int, *, final: bool) -> int:
        """Find a plausible record that another one, or the end of the file, follows.

        Sets `_lost` while that cannot be told without more bytes.
        """
        self._lost, window = False, _SEARCH
        while at + _RECORD_BYTES <= len(data):
            n = min(window, len(data) - _RECORD_BYTES + 1 - at)
            if not data[at : at + n + _RECORD_BYTES].any():
                at, window = at + n, window * 2
                continue
            fields: NDArray[np.uint32] = np.ndarray((n, 4), self._dtype, data, at, (1, 4))
            for candidate in np.flatnonzero(self._plausible(fields) & (fields[:, 2] > 0)):
                place = at + int(candidate)
                following = place + _RECORD_BYTES + int(fields[candidate, 2])
                if following + _RECORD_BYTES > len(data) and not final:
                    self._lost = True
                    return place
                if following == len(data) or self._size(data, following) is not None:
                    return place
            at, window = at + n, window * 2
        self._lost = True
        return at
