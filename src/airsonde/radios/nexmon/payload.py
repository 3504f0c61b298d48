"""One nexmon_csi datagram at a time, for live use: the block decoder's answer in microseconds.

It decides by the same samples and thresholds as `occupancy`; a test holds the two together.
"""

from dataclasses import dataclass, field
from functools import cache
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import DecodeError
from airsonde.csi.batches import assembled
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import F32, FrameBatch, Lane
from airsonde.csi.records import Records
from airsonde.radios.nexmon.chips import Encoding, chip_of_word
from airsonde.radios.nexmon.frames import LaneKey, primary_part
from airsonde.radios.nexmon.header import BYTES, MAGIC, SHORTEST, subcarriers_of
from airsonde.radios.nexmon.occupancy import FILLED, USED, lattice, telltales
from airsonde.radios.nexmon.samples import guess_encoding, read_samples

_FRONT = Struct("<HBB6sH6s")
_OLD = 0x11  # both bytes of the second magic
_INT16, _FLOAT32, _COMPLEX64 = np.dtype("<i2"), np.dtype(np.float32), np.dtype(np.complex64)
_AS_INT16 = Encoding.INT16
_INT32, _INT64 = np.dtype(np.int32), np.dtype(np.int64)


def _column_of_each(values: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """One read-only column of one row for each value: making one is a tenth of a frame's cost."""
    values.flags.writeable = False
    return tuple(values[i : i + 1] for i in range(len(values)))


_RSSI_DBM = _column_of_each(np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32))
_FRAME_CONTROL = _column_of_each(np.arange(256, dtype=np.uint8))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tones:
    """The tones that tell the kind of a PPDU, for one grid and primary part.

    `picked` (intp[2k]) are their real parts, then their imaginary parts: the `lattice`, primary
    part first, then its neighbour, then the other half of 80 MHz and of 160; behind it the
    `telltales` of each width. `pairs` say which of those are a width's own tones and which their
    neighbours; `widths` are those that can be doubled, widest first.
    """

    count: int
    picked: NDArray[np.intp]
    widths: tuple[int, ...]
    pairs: dict[int, tuple[slice, slice]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sender:
    """What is known of one kind of payload: everything but its samples and its moment.

    `upper` and `lower` are the bytes of the subcarriers from DC up and below it.
    """

    transmitter: int
    shape: int
    old: bool
    count: int
    encoding: Encoding | None
    upper: slice
    lower: slice
    tones: _Tones
    lanes: dict[tuple[int, bool], Lane] = field(default_factory=dict)


class NexmonPayloads:
    """Decode datagrams one by one; lanes keep their numbers from call to call."""

    def __init__(self, source: str = "nexmon") -> None:
        self._source = source
        self._book = LaneBook()
        self._senders: dict[tuple[bytes, bytes, bool, int], _Sender] = {}
        self._seen = 0

    def decode(self, data: bytes, t_ns: int) -> FrameBatch:
        """Decode one datagram. Raises DecodeError with the reason when it is not a good one."""
        size = len(data)
        if size < SHORTEST:
            raise DecodeError(f"nexmon payload of {size} bytes: too short for 64 subcarriers")
        magic, rssi, control, mac, sequence, rest = _FRONT.unpack_from(data)
        if magic != MAGIC:
            raise DecodeError(f"nexmon payload of {size} bytes: no nexmon_csi magic")
        old = rssi == control == _OLD
        sender = self._senders.get((mac, rest, old, size))
        if sender is None:
            sender = self._senders[mac, rest, old, size] = _sender(mac, rest, old=old, size=size)
        parts = _samples(data, sender)
        kind = _kind(parts, sender.tones)
        lane = sender.lanes.get(kind) or self._new_lane(sender, *kind)
        self._seen += 1
        return assembled(
            lane,
            np.array((self._seen - 1,), _INT64),
            np.array((t_ns,), _INT64),
            parts.view(_COMPLEX64).reshape(1, 1, 1, -1),
            None if old else _RSSI_DBM[rssi],
            None,
            np.array((sequence,), _INT32),
            None,
            None,
            None,
            {} if old else {"frame_control": _FRAME_CONTROL[control]},
        )

    def _new_lane(self, sender: _Sender, filled: int, non_ht: bool) -> Lane:  # noqa: FBT001
        key = LaneKey(
            transmitter=sender.transmitter,
            shape=sender.shape,
            old=sender.old,
            filled=filled,
            non_ht=non_ht,
            size=sender.count,
            chains=(1, 1),
        )
        lane = self._book.lane(key, lambda number: key.lane(number, self._source))
        sender.lanes[filled, non_ht] = lane
        return lane


def _sender(mac: bytes, rest: bytes, *, old: bool, size: int) -> _Sender:
    shape = int.from_bytes(rest, "little")
    count = int(subcarriers_of(np.array([size]))[0])
    chip = chip_of_word(shape >> 32)
    return _Sender(
        transmitter=int.from_bytes(mac, "little"),
        shape=shape,
        old=old,
        count=count,
        encoding=chip.encoding if chip else None,
        upper=slice(BYTES, BYTES + 2 * count),
        lower=slice(BYTES + 2 * count, BYTES + 4 * count),
        tones=_tones(count, primary_part(shape, count)),
    )


@cache
def _tones(count: int, primary: int) -> _Tones:
    widths = tuple(w for w in (4, 2, 1) if 2 * w <= count // 64)
    tones = [_lattice_from_primary(count, primary)]
    pairs = {}
    for filled in (1, *(2 * w for w in widths)):
        at = sum(map(len, tones))
        tones.append(telltales(count, primary, filled))
        half = len(tones[-1]) // 2
        pairs[filled] = slice(at, at + half), slice(at + half, at + 2 * half)
    real = 2 * np.concatenate(tones)
    picked = np.concatenate([real, real + 1])
    return _Tones(count=count, picked=picked, widths=widths, pairs=pairs)


def _lattice_from_primary(count: int, primary: int) -> NDArray[np.intp]:
    """The lattice, every width before the parts that a PPDU twice as wide fills."""
    parts = lattice(count).reshape(-1, 4)
    order = [primary]
    while (width := len(order)) < len(parts):
        other = (primary // width ^ 1) * width
        order += range(other, other + width)
    return parts[order].ravel()


def _samples(data: bytes, sender: _Sender) -> F32:
    """float32[2 * count], real and imaginary parts in turn, subcarriers ascending."""
    if sender.encoding is _AS_INT16:
        ascending = b"".join((data[sender.lower], data[sender.upper]))
        return np.frombuffer(ascending, _INT16).astype(_FLOAT32)
    count = sender.count
    record = Records(np.frombuffer(data, np.uint8), np.zeros(1, np.int64))
    encoding = sender.encoding or tuple(Encoding)[guess_encoding(record, count)[0]]
    return np.asarray(read_samples(record, count, encoding)[0].view(_FLOAT32))


def _kind(parts: F32, tones: _Tones) -> tuple[int, bool]:
    """Filled parts and whether it is non-HT, as `filled_parts` and `is_non_ht` say."""
    picked = np.abs(parts[tones.picked])
    half = len(picked) // 2
    sizes: list[float] = (picked[:half] + picked[half:]).tolist()
    filled = _filled_of_80_mhz(sizes) if tones.count == 256 else _filled(sizes, tones.widths)
    own, near = tones.pairs[filled]
    return filled, sum(sizes[own]) < USED * sum(sizes[near])


def _filled(sizes: list[float], widths: tuple[int, ...]) -> int:
    """How many parts are filled; plain numbers are faster here than arrays of four."""
    threshold = FILLED * _level(sizes, 0)
    for width in widths:
        if sum([_level(sizes, at) for at in range(width, 2 * width)]) > width * threshold:
            return 2 * width
    return 1


def _filled_of_80_mhz(s: list[float]) -> int:
    """As `_filled` for the usual width, written out because it takes half the time."""
    threshold = FILLED * (s[0] + s[1] + s[2] + s[3] - max(s[:4]))
    third = s[8] + s[9] + s[10] + s[11] - max(s[8:12])
    fourth = s[12] + s[13] + s[14] + s[15] - max(s[12:16])
    if third + fourth > 2 * threshold:
        return 4
    return 2 if s[4] + s[5] + s[6] + s[7] - max(s[4:8]) > threshold else 1


def _level(sizes: list[float], part: int) -> float:
    a, b, c, d = sizes[4 * part : 4 * part + 4]
    return a + b + c + d - max(a, b, c, d)
