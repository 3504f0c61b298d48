"""Read the archives that `npz.py` writes: lane after lane, in blocks, never a whole array."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812  (an exception of that module)

import numpy as np
from numpy.typing import NDArray

from airsonde.captures.arrow_words import lane_of
from airsonde.captures.model import Head, OpenOptions
from airsonde.captures.npy_arrays import UNREADABLE
from airsonde.core.errors import DecodeError
from airsonde.csi.model import Family, FrameBatch, Lane, Tally
from airsonde.drivers.transport.files import BLOCK_BYTES, opened

_FIRST: Final = re.compile(rb"lane\d+_t_ns\.npy")
_T_NS: Final = re.compile(r"lane(\d+)_t_ns\.npy")
_REFUSALS: Final = (
    *UNREADABLE,
    BadZipFile,
    ZlibError,
    RuntimeError,  # encrypted, or packed in a way that is not known
    OSError,  # an entry said to begin before the file
)
_NAME_AT: Final = 30  # behind the local header of a zip entry


class NpzReader:
    """One pass, lane by lane; `index` tells how the frames of several lanes followed."""

    def __init__(self, path: Path, options: OpenOptions) -> None:
        self.path = path
        self.tally = Tally()
        self.chip: str | None = None
        self.warnings: list[str] = []
        self._source = options.source
        with _archive(path) as archive:
            names = [m for m in map(_T_NS.fullmatch, archive.namelist()) if m]
            self._lanes = [self._lane(archive, int(m[1])) for m in names]
        self.family = self._lanes[0].family if self._lanes else Family.UNKNOWN

    def _lane(self, archive: ZipFile, number: int) -> Lane:
        text = str(_whole(archive, f"lane{number}_words")).encode()
        lane = lane_of(text)
        self.chip = lane.chip
        return lane if self._source is None else replace(lane, source=self._source)

    def blocks(self) -> Iterator[list[FrameBatch]]:
        """Batches of about a megabyte. Raises DecodeError where the archive is damaged."""
        with _archive(self.path) as archive:
            for lane in self._lanes:
                for batch in self._frames(archive, lane):
                    self.tally.decoded += len(batch)
                    yield [batch]

    def _frames(self, archive: ZipFile, lane: Lane) -> Iterator[FrameBatch]:
        prefix = f"lane{lane.number}_"
        with (
            archive.open(f"{prefix}t_ns.npy") as times,
            archive.open(f"{prefix}csi.npy") as samples,
            archive.open(f"{prefix}rssi_dbm.npy") as levels,
            archive.open(f"{prefix}index.npy") as numbers,
        ):
            shape = (lane.n_rx, lane.n_tx, len(lane.subcarriers))
            t_ns, csi = _Rows(times, "<i8", ()), _Rows(samples, "<c8", shape)
            rssi, index = _Rows(levels, "<f4", ()), _Rows(numbers, "<i8", ())
            if not t_ns.left == csi.left == rssi.left == index.left:
                raise DecodeError(f"{self.path}: columns of lane {lane.number} differ in length")
            size = max(1, BLOCK_BYTES // max(1, csi.row_bytes))
            while t_ns.left:
                n = min(size, t_ns.left)
                yield FrameBatch(
                    lane=lane,
                    index=index.take(n),
                    t_ns=t_ns.take(n),
                    csi=csi.take(n),
                    rssi_dbm=rssi.take(n),
                )


class _Rows:
    """Rows of one array in an archive, from first to last."""

    def __init__(self, file: IO[bytes], dtype: str, shape: tuple[int, ...]) -> None:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise DecodeError(f"array of npy version {version}")
        found, fortran, kind = np.lib.format.read_array_header_1_0(file)
        if kind.str != dtype or fortran or found[1:] != shape or found[0] < 0:
            raise DecodeError(f"array of {kind} and shape {found}, not of {dtype} and {shape}")
        self._file, self._dtype, self._shape = file, np.dtype(dtype), shape
        self.left: int = found[0]
        self.row_bytes = self._dtype.itemsize * int(np.prod(shape, dtype=np.int64))

    def take(self, n: int) -> NDArray[Any]:
        """The next n rows, an array of its own."""
        data = bytearray(self._file.read(n * self.row_bytes))
        if len(data) < n * self.row_bytes:
            raise DecodeError("array shorter than it says")
        self.left -= n
        return np.frombuffer(data, self._dtype).reshape(n, *self._shape)


def matches(head: Head) -> bool:
    """A zip archive whose first entry is the time of a lane."""
    return head.data[:4] == b"PK\x03\x04" and bool(_FIRST.match(head.data, _NAME_AT))


@contextmanager
def _archive(path: Path) -> Iterator[ZipFile]:
    with opened(path) as file:
        try:
            with ZipFile(file) as archive:
                yield archive
        except _REFUSALS as e:
            raise DecodeError(f"{path}: damaged NPZ archive: {e}") from e


def _whole(archive: ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        values: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return values
