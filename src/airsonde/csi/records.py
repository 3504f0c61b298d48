"""Fields of many records in one buffer, read as columns."""

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I64, U8

Rows: TypeAlias = NDArray[np.intp] | NDArray[np.bool_] | slice
ALL = slice(None)
_FRONT = 64  # bytes that are gathered at once where records are not evenly spaced


def rows_of(mask: NDArray[np.bool_]) -> Rows:
    """The rows that a mask selects: ALL where it selects every one."""
    return ALL if mask.all() else mask


def is_all(rows: Rows) -> bool:
    """Whether `rows` selects everything, so that nothing need be copied."""
    return isinstance(rows, slice) and rows == ALL


class Records:
    """Records that begin at `starts` (int64[n]) of `data`: strided views where evenly spaced.

    Columns may be views into `data`: use them before the buffer changes, keep only copies.
    """

    def __init__(self, data: U8, starts: I64) -> None:
        self.data = data
        self.starts = starts
        self.stride = _stride(starts)
        self._front: U8 | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def column(self, offset: int, dtype: str) -> NDArray[Any]:
        """One field of each record, `offset` bytes behind its start."""
        kind = np.dtype(dtype)
        if self.stride is None and len(self) and offset + kind.itemsize <= _FRONT:
            front = self._gathered_front()
            if offset + kind.itemsize <= front.shape[1]:
                return np.ndarray((len(self),), kind, front, offset, (front.shape[1],))
        return self.block(offset, dtype, ())

    def block(self, offset: int, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array of `shape` out of each record; the caller vouches that it lies inside."""
        kind = np.dtype(dtype)
        n = len(self.starts)
        if n == 0:
            return np.empty((0, *shape), kind)
        if self.stride is not None:
            inner = np.empty(shape, kind).strides
            first = int(self.starts[0]) + offset
            return np.ndarray((n, *shape), kind, self.data, first, (self.stride, *inner))
        rows = self._everywhere(kind.itemsize * math.prod(shape))[self.starts + offset]
        return rows.view(kind).reshape(n, *shape)

    def picked(self, offset: int, dtype: str, places: NDArray[np.intp]) -> NDArray[Any]:
        """[n, k]: elements `places` (intp[k]) of an array that begins `offset` bytes in."""
        picked: NDArray[Any] = self.block(offset, dtype, (int(places.max()) + 1,))[:, places]
        return picked

    def evened(self, size: int) -> "Records":
        """The same records, `size` bytes of each, evenly spaced: copied where they were not."""
        if self.stride is not None or not len(self):
            return self
        rows = self._everywhere(size)[self.starts]
        return Records(rows.reshape(-1), np.arange(len(self), dtype=np.int64) * size)

    def where(self, rows: Rows) -> "Records":
        if is_all(rows):
            return self
        return Records(self.data, self.starts[rows])

    def _everywhere(self, size: int) -> U8:
        """View of `size` bytes from every place of the buffer on."""
        return np.ndarray((len(self.data) - size + 1, size), np.uint8, self.data, 0, (1, 1))

    def _gathered_front(self) -> U8:
        """First bytes of every record, as many as there are behind the last one, as a copy."""
        if self._front is None:
            width = min(_FRONT, len(self.data) - int(self.starts.max()))
            self._front = self._everywhere(width)[self.starts]
        return self._front


def _stride(starts: I64) -> int | None:
    if len(starts) == 0:
        return None
    if len(starts) == 1:
        return 0
    step = int(starts[1] - starts[0])
    even = int(starts[-1] - starts[0]) == step * (len(starts) - 1) and bool(
        (starts[1:] - starts[:-1] == step).all()
    )
    return step if even else None


def groups_of(column: NDArray[Any]) -> Iterator[tuple[int, Rows]]:
    """Distinct values of whole numbers, ascending, and the rows of each; ALL where there is one."""
    if len(column) == 0:
        return
    if bool((column == column[0]).all()):
        yield int(column[0]), ALL
        return
    for value in distinct(column):
        yield int(value), column == value


def distinct(column: NDArray[Any]) -> NDArray[Any]:
    """Sorted distinct values; `np.unique` would load masked arrays for it, at 50 times the cost."""
    ordered = np.sort(column)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return np.asarray(ordered[first])
