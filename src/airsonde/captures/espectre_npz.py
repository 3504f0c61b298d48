"""ESPectre recordings: one npz of int8 rows, HT-LTF of 20 MHz, (imaginary, real), FFT order.

They keep no time but the duration of the whole, so the frames are spread evenly over it.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.npy_arrays import ArrayHeader, read_array, read_header, row_blocks
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import Family, FrameBatch, Tally
from airsonde.drivers.transport.files import opened
from airsonde.radios.esp32.chips import Chip, chip_named
from airsonde.radios.esp32.frames import Columns, LaneKey, Lot, make_batches
from airsonde.radios.esp32.layout import HT_FFT

_ROWS_MEMBER = "csi_data.npy"
_BLOCK_ROWS = 4096
_SMALL = 1 << 14
_LONGEST_MS = 1e12
NOMINAL_HZ = 100.0
_BROKEN = (BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)


class EspectreReader:
    """One pass over an ESPectre recording."""

    family = Family.ESP32

    def __init__(self, path: Path, options: OpenOptions) -> None:
        self.tally = Tally()
        self.chip: str | None = options.chip
        self.warnings: list[str] = []
        self._path = path
        self._source = options.source or path.stem

    def blocks(self) -> Iterator[list[FrameBatch]]:
        """Raises DecodeError when the archive is damaged or holds no such rows."""
        with opened(self._path) as file:
            try:
                with ZipFile(file) as archive:
                    yield from self._frames(archive)
            except DecodeError:
                raise
            except _BROKEN as e:
                raise DecodeError(f"{self._path}: damaged npz archive: {e}") from e

    def _frames(self, archive: ZipFile) -> Iterator[list[FrameBatch]]:
        if _ROWS_MEMBER not in archive.namelist():
            raise DecodeError(f"{self._path}: no csi_data in it, so no ESPectre recording")
        chip = _chip(self.chip or _scalar(archive, "chip"))
        self.chip = chip.slug if chip else None
        with archive.open(_ROWS_MEMBER) as stream:
            header = read_header(stream.read(_SMALL))
            _check(header, archive.getinfo(_ROWS_MEMBER).file_size)
            stream.seek(header.size)
            step_ns = self._step_ns(_scalar(archive, "duration_ms"), header.shape[0])
            key = LaneKey(
                source=self._source,
                layout=HT_FFT,
                chip=self.chip,
                stale=chip is not None and chip.first_word_stale,
            )
            yield from self._batches(row_blocks(stream, header, _BLOCK_ROWS), key, step_ns)

    def _batches(
        self, blocks: Iterator[NDArray[np.generic]], key: LaneKey, step_ns: float
    ) -> Iterator[list[FrameBatch]]:
        book = LaneBook()
        for rows in blocks:
            index = np.arange(len(rows)) + self.tally.decoded
            columns = Columns(index=index, t_ns=np.rint(index * step_ns).astype(np.int64))
            values = rows.view(np.int8)[:, None, :]
            self.tally.decoded += len(rows)
            yield make_batches(book, [Lot(key=key, rows=values, columns=columns)])

    def _step_ns(self, duration_ms: object, frames: int) -> float:
        if isinstance(duration_ms, int | float) and 0 < duration_ms < _LONGEST_MS and frames:
            self.warnings.append(f"no time per frame: spread evenly over {duration_ms / 1e3:.3f} s")
            return duration_ms * 1e6 / frames
        self.warnings.append(f"no time at all: taken as {NOMINAL_HZ:g} frames a second")
        return 1e9 / NOMINAL_HZ


def _check(header: ArrayHeader, stored_bytes: int) -> None:
    fits = len(header.shape) == 2 and header.shape[1] == 2 * HT_FFT.values and not header.fortran
    if not fits or header.dtype != np.int8:
        raise DecodeError(f"csi_data is {header.dtype} {header.shape}, not int8 rows of 128")
    if stored_bytes != header.size + header.values_bytes:
        raise DecodeError("csi_data is shorter or longer than its header says")


def _scalar(archive: ZipFile, name: str) -> object:
    """A single value of the archive; None when it has no such member."""
    if f"{name}.npy" not in archive.namelist():
        return None
    with archive.open(f"{name}.npy") as stream:
        value = read_array(stream, _SMALL)
    return value.item() if value.size == 1 else None


def _chip(name: object) -> Chip | None:
    try:
        return chip_named(str(name))
    except ConfigError:
        return None


def _matches(head: Head) -> bool:
    """A zip archive whose members begin with the rows."""
    return head.data[:4] == b"PK\x03\x04" and b"csi_data.npy" in head.data[:_SMALL]


def _reader(path: Path, options: OpenOptions) -> Reader:
    return EspectreReader(path, options)


FORMATS = (
    CaptureFormat(name="espectre-npz", suffixes=(".npz",), matches=_matches, reader=_reader),
)
