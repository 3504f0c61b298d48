"""The 18 bytes before the samples of a nexmon_csi datagram, as columns.

u16 magic 0x1111 | i8 rssi | u8 frame control | u8[6] transmitter | u16 sequence control |
u16 core and stream | u16 chanspec | u16 chip, little-endian. Firmware from before 2022 writes the
magic twice and has neither RSSI nor frame control (nexmon_csi pull request 256).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I64
from airsonde.csi.records import Records, Rows, is_all

BYTES = 18
CHIP = 16
MAGIC = 0x1111
_OLD = 0x1111
_SIZES = (512, 256, 128, 64)
SHORTEST = BYTES + 4 * _SIZES[-1]


@dataclass(frozen=True, slots=True)
class Header:
    """Columns of n headers; `shape` (chip, chanspec, core and stream) is one 48-bit word."""

    rssi: NDArray[np.int8]
    control: NDArray[np.uint8]
    transmitter: NDArray[np.uint64]
    sequence: NDArray[np.uint16]
    shape: NDArray[np.uint64]
    old: NDArray[np.bool_]

    def where(self, rows: Rows) -> "Header":
        if is_all(rows):
            return self
        return Header(*(column[rows] for column in _columns(self)))


def _columns(header: Header) -> tuple[NDArray[Any], ...]:
    return (
        header.rssi,
        header.control,
        header.transmitter,
        header.sequence,
        header.shape,
        header.old,
    )


def join_headers(headers: Sequence[Header]) -> Header:
    """Put the headers of several groups behind each other."""
    return Header(*(np.concatenate(c) for c in zip(*map(_columns, headers), strict=True)))


def read_headers(records: Records) -> Header:
    """Read the headers of records that are at least `SHORTEST` bytes long."""
    front = records.column(2, "<u8")
    back = records.column(10, "<u8")
    first = front.astype(np.uint16)
    return Header(
        rssi=first.astype(np.int8),
        control=(first >> 8).astype(np.uint8),
        transmitter=front >> np.uint64(16),
        sequence=back.astype(np.uint16),
        shape=back >> np.uint64(16),
        old=first == _OLD,
    )


def split_shape(shape: int) -> tuple[int, int, int]:
    """Chip word, chanspec, core-and-stream word."""
    return shape >> 32 & 0xFFFF, shape >> 16 & 0xFFFF, shape & 0xFFFF


def core_and_stream(word: int) -> tuple[int, int]:
    """Receive core (low three bits) and spatial stream (the next three)."""
    return word & 7, word >> 3 & 7


def subcarriers_of(sizes: I64) -> I64:
    """Largest of 64, 128, 256, 512 that fits each payload, 0 where none does; pads are ignored."""
    fitting = np.zeros(len(sizes), dtype=np.int64)
    for count in reversed(_SIZES):
        fitting[sizes >= BYTES + 4 * count] = count
    return fitting
