"""Parquet captures (the extra `parquet`): one row a frame, for DuckDB, Polars and pandas.

`i` and `q` are lists of float32, receive chain first, then transmit chain, then `subcarriers`
(ascending); compressed with zstd behind BYTE_STREAM_SPLIT.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airsonde.captures.arrow_words import lane_text
from airsonde.captures.model import CaptureFormat, Origin
from airsonde.captures.parquet_read import LANES_KEY, ParquetReader, matches, pyarrow
from airsonde.core.ids import mac_text
from airsonde.csi.batches import interleaved
from airsonde.csi.lanes import stated_channel
from airsonde.csi.model import FrameBatch, Lane, Verdict
from airsonde.drivers.transport.outputs import AtomicFile, writing

_SPLIT: Final = {f"{name}.list.element": "BYTE_STREAM_SPLIT" for name in ("i", "q")}


class ParquetWriter:
    """Writes one file; every stretch becomes a row group."""

    def __init__(self, path: Path, origin: Origin) -> None:
        pa = self._pa = pyarrow()
        self._lanes: dict[int, Lane] = {}
        self._path = path
        self._schema = _schema(pa, origin)
        self._file = AtomicFile(path)
        self._writer = pa.parquet.ParquetWriter(
            self._file.file,
            self._schema,
            compression="zstd",
            use_dictionary=["source", "transmitter", "verdict", "ppdu"],
            column_encoding=_SPLIT,
        )

    def write(self, batches: Sequence[FrameBatch]) -> None:
        """Add the frames of one stretch, ordered by `index`."""
        if not batches:
            return
        pa = self._pa
        self._lanes.update((b.lane.number, b.lane) for b in batches)
        parts = [pa.table(_columns(pa, b), schema=self._schema) for b in batches]
        table = pa.concat_tables(parts)
        if len(batches) > 1:
            table = table.take(interleaved(batches, [1] * len(batches)))
        with writing(self._path):
            self._writer.write_table(table)

    def close(self) -> None:
        texts = b",".join(lane_text(lane) for _, lane in sorted(self._lanes.items()))
        with writing(self._path):
            self._writer.add_key_value_metadata({LANES_KEY: b"[" + texts + b"]"})
            self._writer.close()
        self._file.close()

    def abort(self) -> None:
        self._writer.close()
        self._file.abort()


def _schema(pa: Any, origin: Origin) -> Any:
    fields = {
        "lane": pa.int32(),
        "index": pa.int64(),
        "t_ns": pa.int64(),
        "source": pa.string(),
        "transmitter": pa.string(),
        "ppdu": pa.string(),
        "channel": pa.int32(),
        "width_mhz": pa.int32(),
        "n_rx": pa.int16(),
        "n_tx": pa.int16(),
        "rssi_dbm": pa.float32(),
        "noise_dbm": pa.float32(),
        "seq": pa.int32(),
        "verdict": pa.string(),
        "quality": pa.float32(),
        "reasons": pa.list_(pa.string()),
        "subcarriers": pa.list_(pa.int16()),
        "i": pa.list_(pa.float32()),
        "q": pa.list_(pa.float32()),
    }
    return pa.schema(fields, metadata={"source": origin.source, "family": origin.family.value})


def _columns(pa: Any, batch: FrameBatch) -> dict[str, Any]:
    lane, n = batch.lane, len(batch)
    number, width_mhz = stated_channel(lane)
    mac = None if lane.transmitter is None else mac_text(lane.transmitter)
    verdicts = (
        [None] * n if batch.verdict is None else [Verdict(v).name.lower() for v in batch.verdict]
    )
    return {
        "lane": np.full(n, lane.number, np.int32),
        "index": batch.index,
        "t_ns": batch.t_ns,
        "source": [lane.source] * n,
        "transmitter": [mac] * n,
        "ppdu": [lane.ppdu.value if lane.ppdu else None] * n,
        "channel": [number or None] * n,
        "width_mhz": [width_mhz or None] * n,
        "n_rx": np.full(n, lane.n_rx, np.int16),
        "n_tx": np.full(n, lane.n_tx, np.int16),
        "rssi_dbm": _known(pa, batch.rssi_dbm, n),
        "noise_dbm": _known(pa, batch.noise_dbm, n),
        "seq": pa.nulls(n, pa.int32()) if batch.seq is None else batch.seq,
        "verdict": verdicts,
        "quality": _known(pa, batch.quality, n),
        "reasons": [None] * n if batch.reasons is None else [list(r) for r in batch.reasons],
        "subcarriers": _lists(pa, np.tile(lane.subcarriers, (n, 1))),
        "i": _lists(pa, batch.csi.real.reshape(n, -1)),
        "q": _lists(pa, batch.csi.imag.reshape(n, -1)),
    }


def _known(pa: Any, values: NDArray[np.float32] | None, n: int) -> Any:
    """A column in which NaN is null."""
    if values is None:
        return pa.nulls(n, pa.float32())
    return pa.array(values, mask=np.isnan(values))


def _lists(pa: Any, rows: NDArray[Any]) -> Any:
    ends = np.arange(len(rows) + 1, dtype=np.int32) * rows.shape[1]
    return pa.ListArray.from_arrays(ends, np.ascontiguousarray(rows).reshape(-1))


FORMATS = (
    CaptureFormat(
        name="parquet",
        suffixes=(".parquet",),
        matches=matches,
        reader=ParquetReader,
        writer=ParquetWriter,
    ),
)
