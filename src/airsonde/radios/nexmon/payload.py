"""One nexmon_csi datagram at a time, for live use: the block decoder's answer in microseconds.

It decides by the same samples and thresholds as `occupancy`; a test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import DecodeError
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import C64, FrameBatch, Lane
from airsonde.csi.records import Records
from airsonde.radios.nexmon.chips import Encoding, chip_of_word
from airsonde.radios.nexmon.frames import LaneKey, primary_part
from airsonde.radios.nexmon.header import BYTES, MAGIC, SHORTEST, subcarriers_of
from airsonde.radios.nexmon.occupancy import FILLED, TELLTALES, USED, center_index
from airsonde.radios.nexmon.samples import guess_encoding, read_samples

_FRONT = Struct("<HbB6sH6s")
_OLD = b"\x11\x11"


@dataclass(slots=True)
class _Sender:
    """What is known of one kind of payload: everything but its samples and its moment."""

    transmitter: int
    shape: int
    old: bool
    count: int
    primary: int
    encoding: Encoding | None
    picked: NDArray[np.intp]
    pairs: dict[int, tuple[int, int, int]]
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
        old = data[2:4] == _OLD
        sender = self._senders.get((mac, rest, old, size))
        if sender is None:
            sender = self._senders[mac, rest, old, size] = _sender(mac, rest, old=old, size=size)
        csi = _samples(data, sender)
        lane = self._lane(sender, *_kind(csi, sender))
        self._seen += 1
        return FrameBatch(
            lane=lane,
            index=np.array([self._seen - 1]),
            t_ns=np.array([t_ns]),
            csi=csi.reshape(1, 1, 1, -1),
            rssi_dbm=None if old else np.array([rssi], np.float32),
            seq=np.array([sequence], np.int32),
            extra={} if old else {"frame_control": np.array([control], np.uint8)},
        )

    def _lane(self, sender: _Sender, filled: int, non_ht: bool) -> Lane:  # noqa: FBT001
        lane = sender.lanes.get((filled, non_ht))
        if lane is None:
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
    primary = primary_part(shape, count)
    picked = [np.arange(8, count, 16)]
    pairs = {}
    at = len(picked[0])
    filled = 1
    while filled <= count // 64:
        middle = center_index(count, primary, filled) + count // 2
        telltale, neighbours = TELLTALES[filled]
        picked += [middle + telltale, middle + neighbours]
        half = len(telltale)
        pairs[filled] = (at, at + half, at + 2 * half)
        at += 2 * half
        filled *= 2
    chip = chip_of_word(shape >> 32)
    return _Sender(
        transmitter=int.from_bytes(mac, "little"),
        shape=shape,
        old=old,
        count=count,
        primary=primary,
        encoding=chip.encoding if chip else None,
        picked=np.concatenate(picked),
        pairs=pairs,
    )


def _samples(data: bytes, sender: _Sender) -> C64:
    count = sender.count
    if sender.encoding is Encoding.INT16:
        raw = np.frombuffer(data, "<i2", 2 * count, BYTES)
        csi = np.empty(count, np.complex64)
        parts = csi.view(np.float32)
        parts[:count], parts[count:] = raw[count:], raw[:count]
        return csi
    record = Records(np.frombuffer(data, np.uint8), np.zeros(1, np.int64))
    encoding = sender.encoding or tuple(Encoding)[guess_encoding(record, count)[0]]
    return np.asarray(read_samples(record, count, encoding)[0])


def _kind(csi: C64, sender: _Sender) -> tuple[int, bool]:
    """Filled parts and whether it is non-HT, as `filled_parts` and `is_non_ht` say."""
    values = np.abs(csi[sender.picked].view(np.float32))
    sizes: list[float] = (values[::2] + values[1::2]).tolist()
    filled = _filled(sizes, sender)
    low, middle, high = sender.pairs[filled]
    return filled, sum(sizes[low:middle]) < USED * sum(sizes[middle:high])


def _filled(sizes: Sequence[float], sender: _Sender) -> int:
    parts = sender.count // 64
    if parts == 1:
        return 1
    level = []
    for at in range(0, 4 * parts, 4):
        four = sizes[at : at + 4]
        level.append(sum(four) - max(four))
    threshold = FILLED * level[sender.primary]
    filled, width = 1, 1
    while width < parts:
        other = (sender.primary // width ^ 1) * width
        heard = sum(level[other : other + width]) > width * threshold
        width *= 2
        if heard:
            filled = width
    return filled
