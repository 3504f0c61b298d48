"""Read NumPy arrays a stretch at a time; what is not one comes as DecodeError."""

import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from tokenize import TokenError
from typing import IO

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import DecodeError

MAGIC = b"\x93NUMPY"
_MOST_HEADER = 1 << 14
UNREADABLE = (  # what NumPy's parser of a Python literal may raise
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    RecursionError,
    struct.error,
    TokenError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayHeader:
    """What stands before the values, and how many bytes it takes."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    fortran: bool
    size: int

    @property
    def values_bytes(self) -> int:
        total = self.dtype.itemsize
        for extent in self.shape:
            total *= extent
        return total


def read_header(data: bytes) -> ArrayHeader:
    """Header of an array whose file begins with `data`.

    Raises DecodeError for what is no array, and for one of Python objects, which is never loaded.
    """
    file = BytesIO(data[:_MOST_HEADER])
    try:
        with warnings.catch_warnings(action="ignore"):
            shape, fortran, dtype = _parsed(file)
    except UNREADABLE as e:
        raise DecodeError(f"no NumPy array: {e}") from None
    if dtype.hasobject:
        raise DecodeError("an array of Python objects (labels?), which is not loaded here")
    if any(extent < 0 for extent in shape):
        raise DecodeError(f"no NumPy array: its shape is {shape}")
    return ArrayHeader(shape=shape, dtype=dtype, fortran=fortran, size=file.tell())


def _parsed(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)


def read_array(file: IO[bytes], most_bytes: int) -> NDArray[np.generic]:
    """A small array out of a stream. Raises DecodeError when it is longer or cut off."""
    data = file.read(most_bytes)
    header = read_header(data)
    values = data[header.size : header.size + header.values_bytes]
    if len(values) < header.values_bytes:
        raise DecodeError(f"array of {header.values_bytes} bytes is cut off or too long")
    flat: NDArray[np.generic] = np.frombuffer(values, header.dtype)
    return flat.reshape(header.shape, order="F" if header.fortran else "C")


def row_blocks(file: IO[bytes], header: ArrayHeader, rows: int) -> Iterator[NDArray[np.generic]]:
    """Rows of a C-ordered array out of a stream that stands behind its header.

    Ends early, after the last whole row, where the stream does.
    """
    row_bytes = header.values_bytes // max(header.shape[0], 1)
    left = header.shape[0]
    while left:
        data = file.read(min(rows, left) * row_bytes)
        whole = len(data) // row_bytes
        if not whole:
            return
        values: NDArray[np.generic] = np.frombuffer(data[: whole * row_bytes], header.dtype)
        yield values.reshape(whole, *header.shape[1:])
        left -= whole
