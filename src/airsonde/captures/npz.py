"""NPZ captures: some arrays a lane, written in bounded memory.

Keys: `lane<N>_t_ns` int64[F], `lane<N>_csi` complex64[F, n_rx, n_tx, S], `lane<N>_subcarriers`
int16[S], `lane<N>_rssi_dbm` float32[F] (NaN unknown), `lane<N>_valid` bool[S]; `lane<N>_index`
int64[F], the numbers of the records; and the lane's words as one JSON string, `lane<N>_words`.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final
from zipfile import ZIP_STORED, ZipFile

import numpy as np
from numpy.typing import NDArray

from airsonde.captures.arrow_words import lane_text
from airsonde.captures.model import CaptureFormat, Origin
from airsonde.captures.npz_read import NpzReader, matches
from airsonde.csi.model import FrameBatch, Lane
from airsonde.drivers.transport.outputs import AtomicFile, writing

_ROW_DTYPES: Final = {
    "t_ns": np.int64,
    "csi": np.complex64,
    "rssi_dbm": np.float32,
    "index": np.int64,
}
_IN_MEMORY: Final = 1 << 15  # bytes of a column; there may be hundreds of lanes of a few frames


class _LaneColumns:
    """The columns of one lane while they grow, each in a file without a name."""

    def __init__(self, lane: Lane, folder: Path) -> None:
        self.lane = lane
        self.frames = 0
        self.files: dict[str, IO[bytes]] = {
            name: SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115  (see close)
            for name in _ROW_DTYPES
        }

    def add(self, batch: FrameBatch) -> None:
        rssi = batch.rssi_dbm
        columns: dict[str, NDArray[Any]] = {
            "t_ns": batch.t_ns,
            "csi": batch.csi,
            "rssi_dbm": np.full(len(batch), np.nan, np.float32) if rssi is None else rssi,
            "index": batch.index,
        }
        for name, column in columns.items():
            self.files[name].write(np.ascontiguousarray(column, _ROW_DTYPES[name]).data)
        self.frames += len(batch)

    def shape(self, name: str) -> tuple[int, ...]:
        lane = self.lane
        inner = (lane.n_rx, lane.n_tx, len(lane.subcarriers)) if name == "csi" else ()
        return (self.frames, *inner)

    def close(self) -> None:
        for file in self.files.values():
            file.close()


class NpzWriter:
    """Writes one archive; columns wait in temporary files beside it until it is closed."""

    def __init__(self, path: Path, origin: Origin) -> None:  # noqa: ARG002  (lanes say it all)
        self._path = path
        self._file = AtomicFile(path)
        self._lanes: dict[int, _LaneColumns] = {}

    def write(self, batches: Sequence[FrameBatch]) -> None:
        with writing(self._path):
            for batch in batches:
                number = batch.lane.number
                if number not in self._lanes:
                    self._lanes[number] = _LaneColumns(batch.lane, self._path.parent)
                self._lanes[number].add(batch)

    def close(self) -> None:
        with writing(self._path), ZipFile(self._file.file, "w", ZIP_STORED) as archive:
            for number, columns in sorted(self._lanes.items()):
                _write_lane(archive, f"lane{number}_", columns)
                columns.close()
        self._file.close()

    def abort(self) -> None:
        for columns in self._lanes.values():
            columns.close()
        self._file.abort()


def _write_lane(archive: ZipFile, prefix: str, columns: _LaneColumns) -> None:
    for name, dtype in _ROW_DTYPES.items():
        with archive.open(f"{prefix}{name}.npy", "w", force_zip64=True) as entry:
            entry.write(_npy_header(np.dtype(dtype), columns.shape(name)))
            file = columns.files[name]
            file.seek(0)
            copyfileobj(file, entry, 1 << 20)
    lane = columns.lane
    fixed: dict[str, NDArray[Any]] = {
        "subcarriers": lane.subcarriers.astype(np.int16),
        "valid": lane.valid.astype(np.bool_),
        "words": np.array(lane_text(lane).decode()),
    }
    for name, values in fixed.items():
        out = BytesIO()
        np.lib.format.write_array(out, values, allow_pickle=False)
        archive.writestr(f"{prefix}{name}.npy", out.getvalue())


def _npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    out = BytesIO()
    words = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, words)
    return out.getvalue()


FORMATS = (
    CaptureFormat(
        name="npz", suffixes=(".npz",), matches=matches, reader=NpzReader, writer=NpzWriter
    ),
)
