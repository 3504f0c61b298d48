"""Exact nearest neighbours: unit vectors in one matrix, beside what they are filtered by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.memory import Neighbour, Where
from airsonde.csi.model import F32, I64, Bools

_COLUMNS: Final = np.dtype(
    [("id", "i8"), ("t_ns", "i8"), ("room", "i4"), ("source", "i4"), ("kind", "i4")]
)
_SMALLEST: Final = 256
_GATHER_BELOW: Final = 8  # copy the rows that match when they are fewer than one in so many
_ROUNDING: Final = 1e-5  # more than float32 products of unit vectors are wrong by


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """n rows as a store reads them: numbers ascending, vectors float32[n, D]."""

    ids: I64
    t_ns: I64
    rooms: Sequence[str | None]
    sources: Sequence[str]
    kinds: Sequence[str]
    vectors: F32


class Matrix:
    """Vectors of one encoder; 4 D + 28 bytes a row, at most twice that while it grows."""

    def __init__(self, dimension: int) -> None:
        self._columns: NDArray[Any] = np.empty(_SMALLEST, _COLUMNS)
        self._vectors: F32 = np.empty((_SMALLEST, dimension), np.float32)
        self._codes: dict[str | None, int] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def dimension(self) -> int:
        return int(self._vectors.shape[1])

    @property
    def capacity(self) -> int:
        """Rows for which there is room."""
        return len(self._columns)

    @property
    def ids(self) -> I64:
        ids: I64 = self._columns["id"][: self._size]
        return ids

    def append(self, rows: Rows) -> None:
        """Add rows whose numbers lie above all that are there."""
        end = self._size + len(rows.ids)
        if end > self.capacity:
            self._resize(max(end, 2 * self.capacity))
        part = self._columns[self._size : end]
        part["id"], part["t_ns"] = rows.ids, rows.t_ns
        part["room"] = self._coded(rows.rooms)
        part["source"] = self._coded(rows.sources)
        part["kind"] = self._coded(rows.kinds)
        self._vectors[self._size : end] = units(rows.vectors)
        self._size = end

    def keep(self, ids: I64) -> None:
        """Drop all rows but those with these numbers (ascending)."""
        kept = np.flatnonzero(np.isin(self.ids, ids, assume_unique=True))
        self._columns[: len(kept)] = self._columns[kept]
        self._vectors[: len(kept)] = self._vectors[kept]
        self._size = len(kept)
        if self._size < self.capacity // 4:
            self._resize(max(_SMALLEST, 2 * self._size))

    def nearest(self, embedding: F32, k: int, where: Where) -> list[Neighbour]:
        """Up to k rows that match, by descending cosine, then by ascending number.

        Products of float32 choose the candidates, all within rounding of the k-th included;
        float64 ranks them.
        """
        like = units(embedding[None])[0]
        rows = self._matching(where)
        if not k or not len(rows):
            return []
        rough = self._products(rows, like)
        if k < len(rows):
            least = np.partition(rough, len(rough) - k)[len(rough) - k]
            rows = rows[rough >= least - _ROUNDING]
        scores = (self._vectors[rows].astype(np.float64) * like).sum(axis=1).clip(-1, 1)
        best = np.lexsort((rows, -scores))[:k]
        ids = self._columns["id"][rows[best]].tolist()
        return [Neighbour(i, s) for i, s in zip(ids, scores[best].tolist(), strict=True)]

    def _products(self, rows: NDArray[np.intp], like: F32) -> F32:
        if len(rows) * _GATHER_BELOW < self._size:
            return _dot(self._vectors[rows], like)
        products = _dot(self._vectors[: self._size], like)
        return products if len(rows) == self._size else products[rows]

    def _matching(self, where: Where) -> NDArray[np.intp]:
        columns = self._columns[: self._size]
        masks: list[Bools] = [
            columns[name] == self._codes.get(value, -1)
            for name, value in (
                ("room", where.room),
                ("source", where.source),
                ("kind", where.kind),
            )
            if value is not None
        ]
        if where.since_ns is not None:
            masks.append(columns["t_ns"] >= where.since_ns)
        if where.until_ns is not None:
            masks.append(columns["t_ns"] < where.until_ns)
        if where.ids is not None:
            masks.append(np.isin(columns["id"], [i for i in where.ids if i.bit_length() < 64]))
        if not masks:
            return np.arange(self._size)
        return np.flatnonzero(np.logical_and.reduce(masks))

    def _coded(self, names: Sequence[str | None]) -> list[int]:
        codes = self._codes
        return [codes.setdefault(name, len(codes)) for name in names]

    def _resize(self, capacity: int) -> None:
        columns, vectors = self._columns, self._vectors
        self._columns = np.empty(capacity, _COLUMNS)
        self._vectors = np.empty((capacity, vectors.shape[1]), np.float32)
        self._columns[: self._size] = columns[: self._size]
        self._vectors[: self._size] = vectors[: self._size]


def units(vectors: F32) -> F32:
    """float32[n, D] of length 1; vectors of length 0 stay 0."""
    wide = vectors.astype(np.float64)
    length = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    unit: F32 = (wide / np.where(length > 0, length, 1)).astype(np.float32)
    return unit


def _dot(rows: F32, like: F32) -> F32:
    """float32[n]. On one core: BLAS threads wait for each other where others compute as well."""
    products: F32 = np.einsum("nd,d->n", rows, like)
    return products
