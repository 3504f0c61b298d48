"""Bare amplitudes in a NumPy array: 56 HT-LTF tones by time (or time by tones), nothing else.

There is no time, RSSI or phase in such a file: 100 frames a second are assumed, and said.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from airsonde.captures.espectre_npz import NOMINAL_HZ
from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.npy_arrays import MAGIC, ArrayHeader, read_header
from airsonde.core.errors import DecodeError
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import F32, Family, FrameBatch, Tally
from airsonde.drivers.transport.files import check_regular, opened, read_head
from airsonde.radios.esp32.frames import Columns, LaneKey, Lot, make_batches
from airsonde.radios.esp32.layout import HT_TONES

_TONES = HT_TONES.values
_HEAD = 1 << 14
_BLOCK_FRAMES = 4096


class AmplitudeReader:
    """One pass over an array of amplitudes; a stretch of it is read at a time."""

    family = Family.ESP32

    def __init__(self, path: Path, options: OpenOptions) -> None:
        self.tally = Tally()
        self.chip = options.chip
        self.warnings: list[str] = []
        self._path = path
        self._source = options.source or path.stem

    def blocks(self) -> Iterator[list[FrameBatch]]:
        """Raises DecodeError when the file is cut off or holds something else."""
        size = check_regular(self._path)
        header = read_header(read_head(self._path, _HEAD))
        if not _is_amplitudes(header):
            raise DecodeError(f"{self._path}: {header.dtype} {header.shape} is not {_TONES} tones")
        if size < header.size + header.values_bytes:
            raise DecodeError(f"{self._path} is cut off: its header promises more values")
        self.warnings += [
            f"no time at all: taken as {NOMINAL_HZ:g} frames a second",
            "amplitudes only: there is no phase in this capture, it reads as 0",
        ]
        with opened(self._path) as file:
            yield from self._frames(file, header)

    def _frames(self, file: BinaryIO, header: ArrayHeader) -> Iterator[list[FrameBatch]]:
        book = LaneBook()
        key = LaneKey(source=self._source, layout=HT_TONES, chip=self.chip)
        frames = header.shape[1 - _tone_axis(header)]
        for first in range(0, frames, _BLOCK_FRAMES):
            rows = _read(file, header, first, min(_BLOCK_FRAMES, frames - first))
            index = np.arange(len(rows)) + first
            t_ns = np.rint(index * (1e9 / NOMINAL_HZ)).astype(np.int64)
            self.tally.decoded += len(rows)
            columns = Columns(index=index, t_ns=t_ns)
            yield make_batches(book, [Lot(key=key, rows=rows, columns=columns)])


def _read(file: BinaryIO, header: ArrayHeader, first: int, count: int) -> F32:
    """float32[count, tones] from frame `first` on, whichever way the values are stored."""
    by_tone = (_tone_axis(header) == 0) != header.fortran
    frames = header.shape[1 - _tone_axis(header)]
    runs = [tone * frames + first for tone in range(_TONES)] if by_tone else [first * _TONES]
    size = (count if by_tone else count * _TONES) * header.dtype.itemsize
    data = bytearray()
    for run in runs:
        file.seek(header.size + run * header.dtype.itemsize)
        data += file.read(size)
    if len(data) < size * len(runs):
        raise DecodeError("the file became shorter while it was read")
    values: NDArray[np.generic] = np.frombuffer(data, header.dtype)
    ordered = values.reshape(_TONES, count).T if by_tone else values.reshape(count, _TONES)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(ordered, dtype=np.float32)


def _tone_axis(header: ArrayHeader) -> int:
    return 0 if header.shape[0] == _TONES else 1


def _is_amplitudes(header: ArrayHeader) -> bool:
    real = header.dtype.kind in "fiu" and header.dtype.isnative
    return real and len(header.shape) == 2 and _TONES in header.shape and 0 not in header.shape


def _matches(head: Head) -> bool:
    if not head.data.startswith(MAGIC):
        return False
    try:
        return _is_amplitudes(read_header(head.data))
    except DecodeError:
        return False


def _reader(path: Path, options: OpenOptions) -> Reader:
    return AmplitudeReader(path, options)


FORMATS = (
    CaptureFormat(name="amplitude-npy", suffixes=(".npy",), matches=_matches, reader=_reader),
)
