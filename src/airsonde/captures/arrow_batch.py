"""One batch of frames as one whole Arrow IPC stream, and back.

Columns are plain Arrow types (a matrix is a fixed-size list of its values), so any Arrow
library reads them. CSI whose parts are all 16-bit integers is kept as int16: exact, half the size.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from airsonde.captures.arrow_words import (
    VERSION,
    BatchWords,
    ColumnWords,
    OriginWords,
    lane_of,
    lane_text,
)
from airsonde.core.errors import DecodeError
from airsonde.csi.model import FrameBatch, Lane

_ROWS: Final = 32  # looked at together, so that they stay in the cache
_KEY: Final = b"airsonde"
_PLAIN: Final = ("index", "t_ns", "rssi_dbm", "noise_dbm", "seq", "verdict", "quality")
_FLOATS: Final = {"FLOAT16": "HALF_FLOAT", "FLOAT32": "FLOAT", "FLOAT64": "DOUBLE"}
_REFUSALS: Final = (
    AttributeError,
    LookupError,
    RuntimeError,  # nanoarrow's own
    TypeError,
    ValueError,
    MemoryError,
)
_WORDS = msgspec.json.Decoder(BatchWords)
_REASONS = msgspec.json.Decoder(tuple[str, ...])
_JSON = msgspec.json.Encoder()


class BatchEncoder:
    """Encodes batches of one origin; the words of a lane are written once and kept."""

    def __init__(self, origin: OriginWords) -> None:
        self._origin = origin
        self._lanes: dict[int, tuple[Lane, bytes]] = {}

    def encode(self, batch: FrameBatch) -> memoryview:
        """One IPC stream: schema, one record batch, end."""
        import nanoarrow as na
        from nanoarrow.ipc import StreamWriter

        columns = [_stored(words, values) for words, values in _columns(batch)]
        words = BatchWords(
            version=VERSION,
            frames=len(batch),
            lane=msgspec.Raw(self._lane(batch.lane)),
            columns=[w for w, _ in columns],
            origin=self._origin,
        )
        arrays = {w.name: _arrow(values) for w, values in columns}
        if batch.reasons is not None:
            arrays["reasons"] = _strings([_JSON.encode(r) for r in batch.reasons])
        schema = na.c_schema(na.struct({name: a.schema for name, a in arrays.items()}))
        schema = schema.modify(metadata={_KEY: _JSON.encode(words)})
        table = na.c_array_from_buffers(
            schema, len(batch), [None], null_count=0, children=arrays.values()
        )
        out = io.BytesIO()
        with StreamWriter.from_writable(out) as writer:
            writer.write_array(table)
        return out.getbuffer()

    def _lane(self, lane: Lane) -> bytes:
        known = self._lanes.get(lane.number)
        if known is None or known[0] is not lane:
            known = self._lanes[lane.number] = (lane, lane_text(lane))
        return known[1]


class BatchDecoder:
    """Decodes IPC streams; lanes of the same words are the same object."""

    def __init__(self, source: str | None = None) -> None:
        self.origin: OriginWords | None = None
        self._source = source
        self._lanes: dict[bytes, Lane] = {}

    def decode(self, data: bytes) -> FrameBatch:
        """Raises DecodeError for anything that `BatchEncoder` did not write."""
        try:
            return self._decode(data)
        except _REFUSALS as e:
            raise DecodeError(f"Arrow batch: {e}") from e

    def _decode(self, data: bytes) -> FrameBatch:
        import nanoarrow as na
        from nanoarrow.ipc import InputStream

        with InputStream.from_readable(data) as source, na.c_array_stream(source) as stream:
            schema = stream.get_schema()
            table = stream.get_next()
        words = _WORDS.decode(schema.metadata[_KEY])
        if words.version != VERSION:
            raise DecodeError(f"Arrow batch of version {words.version}")
        names = {child.name: i for i, child in enumerate(schema.children)}
        columns = {w.name: _values(table, names, w, words.frames) for w in words.columns}
        extra = {
            w.name.removeprefix("extra."): columns.pop(w.name) for w in words.columns if w.extra
        }
        reasons = None
        if "reasons" in names:
            texts = _texts(table.child(names["reasons"]).view(), words.frames)
            reasons = tuple(_REASONS.decode(t) for t in texts)
        self.origin = words.origin
        lane = self._lane(bytes(words.lane))
        return _checked(FrameBatch(lane=lane, reasons=reasons, extra=extra, **columns))

    def _lane(self, text: bytes) -> Lane:
        lane = self._lanes.get(text)
        if lane is None:
            lane = lane_of(text)
            if self._source is not None:
                lane = replace(lane, source=self._source)
            self._lanes[text] = lane
        return lane


def _columns(batch: FrameBatch) -> Iterator[tuple[ColumnWords, NDArray[Any]]]:
    for name in _PLAIN:
        column = getattr(batch, name)
        if column is not None:
            yield _words(name, column), column
    csi = np.ascontiguousarray(batch.csi)
    yield _words("csi", csi), csi
    for name, column in batch.extra.items():
        yield _words(f"extra.{name}", column, extra=True), column


def _words(name: str, column: NDArray[Any], *, extra: bool = False) -> ColumnWords:
    return ColumnWords(name=name, dtype=column.dtype.str, shape=column.shape[1:], extra=extra)


def _stored(words: ColumnWords, values: NDArray[Any]) -> tuple[ColumnWords, NDArray[Any]]:
    """A column as [N, …] of a type that Arrow has, and words that tell it from the original."""
    values = np.ascontiguousarray(values)
    rows = values.reshape(len(values), -1)
    kind = values.dtype.kind
    if kind == "c":
        rows = rows.view(values.real.dtype)
        whole = _whole(rows) if words.name == "csi" else None
        rows = rows if whole is None else whole
    elif kind not in "iuf":
        rows = rows.view(np.uint8)
    if rows.dtype != values.dtype:
        words = msgspec.structs.replace(words, stored=rows.dtype.str)
    return words, rows if words.shape or rows.shape[1] != 1 else rows[:, 0]


def _whole(parts: NDArray[np.float32]) -> NDArray[np.int16] | None:
    """The same numbers as int16; None where that would change one (-0.0 is one)."""
    whole = np.empty(parts.shape, np.int16)
    with np.errstate(invalid="ignore"):
        for at in range(0, len(parts), _ROWS):
            rows, some = parts[at : at + _ROWS], whole[at : at + _ROWS]
            some[:] = rows
            if not np.array_equal(some.astype(np.float32).view(np.int32), rows.view(np.int32)):
                return None
    return whole


def _arrow(values: NDArray[Any]) -> Any:
    import nanoarrow as na

    name = values.dtype.name.upper()
    kind = na.c_schema(na.Schema(getattr(na.Type, _FLOATS.get(name, name))))
    flat = na.c_array_from_buffers(kind, values.size, [None, values], null_count=0)
    if values.ndim == 1:
        return flat
    rows = na.fixed_size_list(na.Schema(kind), values.shape[1])
    return na.c_array_from_buffers(rows, len(values), [None], null_count=0, children=[flat])


def _strings(texts: list[bytes]) -> Any:
    import nanoarrow as na

    ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    return na.c_array_from_buffers(
        na.string(), len(texts), [None, ends, b"".join(texts)], null_count=0
    )


def _texts(view: Any, n: int) -> list[bytes]:
    ends, data = np.asarray(view.buffer(1)), bytes(view.buffer(2))
    return [data[a:b] for a, b in pairwise(ends[: n + 1].tolist())]


def _values(table: Any, names: dict[str, int], words: ColumnWords, n: int) -> NDArray[Any]:
    """A column as it was; an array of its own."""
    child = table.child(names[words.name])
    view = (child.child(0) if child.n_children else child).view()
    values = np.asarray(view.buffer(1))
    dtype = np.dtype(words.dtype)
    if dtype.kind not in "biufcSU":
        raise DecodeError(f"Arrow batch: a column of {dtype}")
    widened = words.stored == "<i2" and dtype == np.complex64
    own: NDArray[Any] = values.astype(np.float32) if widened else values.copy()
    return own.view(dtype).reshape(n, *words.shape)


def _checked(batch: FrameBatch) -> FrameBatch:
    lane, n = batch.lane, len(batch)
    if batch.csi.shape != (n, lane.n_rx, lane.n_tx, len(lane.subcarriers)) or n == 0:
        raise DecodeError("Arrow batch: columns that do not fit the lane")
    return batch
