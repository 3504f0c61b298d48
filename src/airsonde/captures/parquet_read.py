"""Read the Parquet files that `parquet.py` writes (the extra `parquet`), a row group at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from airsonde.captures.arrow_words import lane_of
from airsonde.captures.model import Head, OpenOptions
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.csi.model import F32, Family, FrameBatch, Lane, Tally, Verdict

LANES_KEY: Final = b"airsonde.lanes"
_ROWS: Final = 512
_VERDICTS: Final = {verdict.name.lower(): int(verdict) for verdict in Verdict}
_LANES = msgspec.json.Decoder(list[msgspec.Raw])


def pyarrow() -> Any:
    """The library. Raises ConfigError that says how to get it."""
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError:
        raise ConfigError(
            "Parquet needs pyarrow; install it with: pip install 'airsonde[parquet]'"
        ) from None
    return pa


class ParquetReader:
    """One pass; the lanes stand in the footer of the file."""

    def __init__(self, path: Path, options: OpenOptions) -> None:
        self.path = path
        self.tally = Tally()
        self.chip: str | None = None
        self.warnings: list[str] = []
        self._pa = pyarrow()
        with self._file() as file:
            lanes = [lane_of(bytes(text)) for text in _lane_texts(file)]
        if options.source is not None:
            lanes = [replace(lane, source=options.source) for lane in lanes]
        self._lanes = {lane.number: lane for lane in lanes}
        self.family = lanes[0].family if lanes else Family.UNKNOWN

    @contextmanager
    def _file(self) -> Iterator[Any]:
        pa = self._pa
        try:
            with pa.parquet.ParquetFile(self.path) as file:
                yield file
        except (pa.ArrowException, OSError, KeyError, ValueError, RuntimeError) as e:
            raise DecodeError(f"{self.path}: damaged Parquet file: {e}") from e

    def blocks(self) -> Iterator[list[FrameBatch]]:
        """Batches of up to 512 frames. Raises DecodeError where the file is damaged."""
        with self._file() as file:
            for rows in file.iter_batches(batch_size=_ROWS):
                numbers = rows.column("lane").to_numpy()
                block = []
                for number in dict.fromkeys(numbers.tolist()):
                    own = rows.filter(self._pa.array(numbers == number))
                    block.append(_batch(own, self._lanes[number]))
                self.tally.decoded += len(numbers)
                yield block


def matches(head: Head) -> bool:
    return head.data[:4] == b"PAR1"


def _lane_texts(file: Any) -> list[msgspec.Raw]:
    words = file.metadata.metadata or {}
    if LANES_KEY not in words:
        raise DecodeError("no capture of airsonde")
    return _LANES.decode(words[LANES_KEY])


def _batch(rows: Any, lane: Lane) -> FrameBatch:
    n = len(rows)
    csi = np.empty((n, lane.n_rx, lane.n_tx, len(lane.subcarriers)), np.complex64)
    csi.real = rows.column("i").flatten().to_numpy().reshape(csi.shape)
    csi.imag = rows.column("q").flatten().to_numpy().reshape(csi.shape)
    verdicts = rows.column("verdict").to_pylist()
    reasons = rows.column("reasons").to_pylist()
    judged = verdicts[0] is not None
    return FrameBatch(
        lane=lane,
        index=rows.column("index").to_numpy().copy(),
        t_ns=rows.column("t_ns").to_numpy().copy(),
        csi=csi,
        rssi_dbm=_levels(rows.column("rssi_dbm")),
        noise_dbm=_levels(rows.column("noise_dbm")),
        seq=_whole(rows.column("seq")),
        verdict=np.array([_VERDICTS[v] for v in verdicts], np.uint8) if judged else None,
        quality=_levels(rows.column("quality")),
        reasons=None if reasons[0] is None else tuple(tuple(r) for r in reasons),
    )


def _levels(column: Any) -> F32 | None:
    """float32 with NaN for null; None where nothing is known of any frame."""
    if column.null_count == len(column):
        return None
    values: F32 = column.to_numpy(zero_copy_only=False).astype(np.float32)
    return values


def _whole(column: Any) -> NDArray[np.int32] | None:
    return None if column.null_count else column.to_numpy().astype(np.int32)
