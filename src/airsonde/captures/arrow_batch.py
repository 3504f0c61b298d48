"""One batch of frames as one whole Arrow IPC stream, and back.

Columns are plain Arrow types (a matrix is a fixed-size list of its values), so any Arrow
library reads them. CSI whose parts are all 16-bit integers is kept as int16: exact, half the size.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from struct import error as StructError  # noqa: N812  (an exception of that module)
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from airsonde.captures.arrow_int16 import as_int16
from airsonde.captures.arrow_message import (
    Buffer,
    schema_message,
    schema_stream,
    stream,
    take_apart,
)
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
    StopIteration,
    StructError,
)
_WORDS = msgspec.json.Decoder(BatchWords)
_REASONS = msgspec.json.Decoder(tuple[str, ...])
_JSON = msgspec.json.Encoder()
_Column: TypeAlias = tuple[ColumnWords, NDArray[Any]]


class BatchEncoder:
    """Encodes batches of one origin; the words of a lane are written once and kept."""

    def __init__(self, origin: OriginWords) -> None:
        self._origin = origin
        self._lanes: dict[int, tuple[Lane, bytes]] = {}
        self._schemas: dict[tuple[bytes, tuple[ColumnWords, ...], bool], bytes] = {}

    def encode(self, batch: FrameBatch) -> bytes:
        """One IPC stream: schema, one record batch, end."""
        n = len(batch)
        columns = [_stored(words, values) for words, values in _columns(batch)]
        nodes: list[int] = []
        buffers: list[Buffer] = []
        for _, rows in columns:
            nodes += [n] if rows.ndim == 1 else [n, rows.size]
            buffers += [*[b""] * rows.ndim, rows.data]
        if batch.reasons is not None:
            nodes.append(n)
            buffers += [b"", *_strings([_JSON.encode(r) for r in batch.reasons])]
        return stream(self._schema(batch, columns), n, nodes, buffers)

    def _schema(self, batch: FrameBatch, columns: list[_Column]) -> bytes:
        lane = self._lane(batch.lane)
        key = (lane, tuple(words for words, _ in columns), batch.reasons is not None)
        known = self._schemas.get(key)
        if known is None:
            words = BatchWords(
                version=VERSION, lane=msgspec.Raw(lane), columns=list(key[1]), origin=self._origin
            )
            types = {w.name: (rows.dtype, rows.shape[1:]) for w, rows in columns}
            known = self._schemas[key] = _schema(words, types, reasons=key[2])
        return known

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
        self._schemas: dict[bytes, tuple[BatchWords, bool]] = {}

    def decode(self, data: bytes) -> FrameBatch:
        """Raises DecodeError for anything that `BatchEncoder` did not write."""
        try:
            return self._decode(data)
        except _REFUSALS as e:
            raise DecodeError(f"Arrow batch: {e}") from e

    def _decode(self, data: bytes) -> FrameBatch:
        parts = take_apart(data)
        known = self._schemas.get(parts.schema)
        if known is None:
            known = self._schemas[parts.schema] = _words_of(parts.schema)
        words, judged = known
        buffers = iter(parts.buffers)
        columns = {w.name: _values(buffers, w, parts.rows) for w in words.columns}
        extra = {
            w.name.removeprefix("extra."): columns.pop(w.name) for w in words.columns if w.extra
        }
        reasons = tuple(map(_REASONS.decode, _texts(buffers, parts.rows))) if judged else None
        if next(buffers, None) is not None:
            raise DecodeError("more columns than the schema has")
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


def _columns(batch: FrameBatch) -> Iterator[_Column]:
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


def _stored(words: ColumnWords, values: NDArray[Any]) -> _Column:
    """A column as [N, …] of a type that Arrow has, and words that tell it from the original."""
    values = np.ascontiguousarray(values)
    rows = values.reshape(len(values), -1)
    kind = values.dtype.kind
    if kind == "c":
        rows = rows.view(values.real.dtype)
        integers = as_int16(rows) if words.name == "csi" else None
        rows = rows if integers is None else integers
    elif kind not in "iuf" or not values.dtype.isnative:
        rows = rows.view(np.uint8)
    if rows.dtype != values.dtype:
        words = msgspec.structs.replace(words, stored=rows.dtype.str)
    return words, rows if words.shape or rows.shape[1] != 1 else rows[:, 0]


def _schema(
    words: BatchWords, types: dict[str, tuple[np.dtype[Any], tuple[int, ...]]], *, reasons: bool
) -> bytes:
    """The message that names the columns, with the words as its metadata."""
    import nanoarrow as na
    from nanoarrow.ipc import StreamWriter

    fields = {name: _arrow_type(dtype, shape) for name, (dtype, shape) in types.items()}
    if reasons:
        fields["reasons"] = na.string()
    schema = na.c_schema(na.struct(fields)).modify(metadata={_KEY: _JSON.encode(words)})
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_stream(na.c_array_stream([], schema))
    return schema_message(out.getvalue())


def _words_of(message: bytes) -> tuple[BatchWords, bool]:
    """The words in a schema, and whether the frames have reasons."""
    import nanoarrow as na
    from nanoarrow.ipc import InputStream

    readable = schema_stream(message)
    with InputStream.from_readable(readable) as source, na.c_array_stream(source) as found:
        schema = found.get_schema()
        words = _WORDS.decode(schema.metadata[_KEY])
        names = [child.name for child in schema.children]
    if words.version != VERSION:
        raise DecodeError(f"version {words.version}")
    named = [w.name for w in words.columns]
    if names not in (named, [*named, "reasons"]):
        raise DecodeError("columns other than the words say")
    return words, len(names) > len(named)


def _arrow_type(dtype: np.dtype[Any], shape: tuple[int, ...]) -> Any:
    import nanoarrow as na

    name = dtype.name.upper()
    plain = na.Schema(getattr(na.Type, _FLOATS.get(name, name)))
    return na.fixed_size_list(plain, shape[0]) if shape else plain


def _strings(texts: list[bytes]) -> tuple[Buffer, Buffer]:
    """Where each text ends, and all of them."""
    return np.cumsum([0, *map(len, texts)], dtype=np.int32).data, b"".join(texts)


def _texts(buffers: Iterator[memoryview], n: int) -> list[bytes]:
    _, ends, data = next(buffers), np.frombuffer(next(buffers), np.int32), bytes(next(buffers))
    if len(ends) != n + 1:
        raise DecodeError("reasons of another number of frames")
    return [data[a:b] for a, b in pairwise(ends.tolist())]


def _values(buffers: Iterator[memoryview], words: ColumnWords, n: int) -> NDArray[Any]:
    """A column as it was; an array of its own."""
    dtype = np.dtype(words.dtype)
    if dtype.kind not in "biufcSU":
        raise DecodeError(f"a column of {dtype}")
    stored = dtype if words.stored is None else np.dtype(words.stored)
    next(buffers)
    if words.shape or stored.itemsize != dtype.itemsize:
        next(buffers)
    if words.stored == "<i2" and dtype == np.complex64:
        own = np.frombuffer(next(buffers), np.int16).astype(np.float32).view(dtype)
    else:
        own = np.frombuffer(next(buffers), dtype).copy()
    return own.reshape(n, *words.shape)


def _checked(batch: FrameBatch) -> FrameBatch:
    lane, n = batch.lane, len(batch)
    if batch.csi.shape != (n, lane.n_rx, lane.n_tx, len(lane.subcarriers)) or n == 0:
        raise DecodeError("Arrow batch: columns that do not fit the lane")
    return batch
