"""Fields of many records in one buffer, read as columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I64, U8


class Records:
    """Records that begin at `starts` (int64[n]) of `data`: strided views where evenly spaced.

    Columns may be views into `data`: use them before the buffer changes, keep only copies.
    """

    def __init__(self, data: U8, starts: I64) -> None:
        self.data = data
        self.starts = starts
        self.stride = _stride(starts)

    def __len__(self) -> int:
        return len(self.starts)

    def column(self, offset: int, dtype: str) -> NDArray[Any]:
        """One field of each record, `offset` bytes behind its start."""
        return self.block(offset, dtype, ())

    def block(self, offset: int, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array of `shape` out of each record; the caller vouches that it lies inside."""
        kind = np.dtype(dtype)
        n = len(self.starts)
        if self.stride is not None:
            inner = np.empty(shape, kind).strides
            first = int(self.starts[0]) + offset
            return np.ndarray((n, *shape), kind, self.data, first, (self.stride, *inner))
        size = kind.itemsize * int(np.prod(shape, dtype=np.int64))
        rows = self.data[(self.starts + offset)[:, None] + np.arange(size)]
        return rows.view(kind).reshape(n, *shape)

    def where(self, rows: NDArray[np.bool_] | slice) -> "Records":
        if isinstance(rows, slice):
            return self
        return Records(self.data, self.starts[rows])


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
