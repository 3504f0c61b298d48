"""Shortest decimal text of float32 numbers, for whole matrices at once.

A double that is the nearest to a decimal of up to 15 digits prints as that decimal. So the
float32 are first moved to the double of their own shortest decimal; any fast writer of doubles
then prints what a float32 writer would. Spelling as in Rust's ryu: decimal for
1e-6 ≤ |x| < 1e13, always with a fraction; an exponent elsewhere; `null` where not finite.
"""

from functools import cache
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32

_CHUNK: Final = 1 << 13
_POWERS: Final = 10.0 ** np.arange(23)
_FAST_LOW, _FAST_HIGH = 1e-5, float(1 << 24)
_WHOLE: Final = 1 << 15
_NEAR_TIE: Final = 0.499999
_ENCODER: Final = msgspec.json.Encoder()


def row_texts(matrix: F32) -> list[bytes]:
    """JSON array of each row of float32[N, S]."""
    if not matrix.size:  # no rows, or rows of nothing
        return [b"[]"] * len(matrix)
    step = max(_CHUNK // matrix.shape[1], 1)
    return [t for i in range(0, len(matrix), step) for t in _some_texts(matrix[i : i + step])]


def _some_texts(matrix: F32) -> list[bytes]:
    if _is_whole(matrix):
        return _whole_texts(matrix)
    nested = _ENCODER.encode(shortest_doubles(matrix).tolist())
    rows = [b"[" + row + b"]" for row in nested[2:-2].split(b"],[")]
    for i in np.flatnonzero(_spelt_otherwise(matrix).any(axis=1)):
        rows[i] = b"[" + b",".join(number_text(x) for x in matrix[i]) + b"]"
    return rows


def number_text(x: np.float32) -> bytes:
    """JSON text of one float32."""
    if not np.isfinite(x):
        return b"null"
    if x == 0 or 1e-6 <= abs(x) < 1e13:
        return np.format_float_positional(x, unique=True, trim="0").encode()
    mantissa, exponent = np.format_float_scientific(x, unique=True, trim="-").split("e")
    return f"{mantissa}e{int(exponent)}".encode()


def shortest_doubles(values: F32) -> NDArray[np.float64]:
    """float64, same shape: the double nearest to the shortest decimal of each float32."""
    with np.errstate(invalid="ignore"):
        out = values.astype(np.float64)
    flat, source = out.reshape(-1), values.reshape(-1)
    for start in range(0, len(flat), _CHUNK):
        part = slice(start, start + _CHUNK)
        _shorten(source[part], flat[part])
    return out


def _is_whole(matrix: F32) -> bool:
    """Whether these are all numbers of 16 bits, and none of them -0.0."""
    if not (np.abs(matrix[0]) < _WHOLE).all() or (matrix[0] != np.rint(matrix[0])).any():
        return False
    if not (np.abs(matrix) < _WHOLE).all() or (matrix != np.rint(matrix)).any():
        return False
    return not (np.signbit(matrix) & (matrix == 0)).any()


@cache
def _whole_table() -> NDArray[np.uint8]:
    """uint8[65536, 10]: text of -32768 … 32767, padded with NUL, the comma in the last byte."""
    texts = np.array([b"%d.0" % i for i in range(-_WHOLE, _WHOLE)], "S10")
    table = texts.view(np.uint8).reshape(-1, 10)
    table[:, -1] = ord(",")
    return table


def _whole_texts(matrix: F32) -> list[bytes]:
    cells = _whole_table().take(matrix.astype(np.int32) + _WHOLE, axis=0)
    cells[:, -1, -1] = ord("\n")
    rows = cells.tobytes().translate(None, b"\0").split(b"\n")
    return [b"[" + row + b"]" for row in rows[:-1]]


def _spelt_otherwise(matrix: F32) -> NDArray[np.bool_]:
    """Where doubles are written with an exponent and float32 are not, or the reverse."""
    size = np.abs(matrix)
    return ((size < _FAST_LOW) & (size >= 1e-6)) | ((size >= 1e13) & (size < 1e16))


def _shorten(values: F32, out: NDArray[np.float64]) -> None:
    """Replace `out`, the same values as doubles, by the doubles of their shortest decimals.

    Six digits always tell decimals apart in float32 and nine always tell float32 apart, so the
    least of 6, 7, 8, 9 digits that comes back to the same float32 is the shortest text.
    """
    size = np.abs(out)
    slow = ~((size >= _FAST_LOW) & (size < _FAST_HIGH)) & (size != 0)
    left = np.flatnonzero(~slow & (size != np.rint(size)))
    fraction_digits = 5 - np.floor(np.log10(size[left])).astype(np.int64)
    kept = values[left]
    exact = out[left]
    doubtful = [np.flatnonzero(slow & np.isfinite(size))]
    for more in range(4):
        scale = _POWERS.take((fraction_digits + more).clip(min=0))
        scaled = exact * scale
        digits = np.rint(scaled)
        candidate = digits / scale
        found = candidate.astype(np.float32) == kept
        tie = np.abs(scaled - digits) > _NEAR_TIE
        doubtful.append(left[tie])
        out[left[found]] = candidate[found]
        rest = ~found
        if more == 0:  # the neighbours of a power of two lie at unequal distances
            doubtful.append(left[rest & (kept.view(np.int32) & 0x7FFFFF == 0)])
        left, kept, exact = left[rest], kept[rest], exact[rest]
        fraction_digits = fraction_digits[rest]
        if not len(left):
            break
    for i in np.concatenate(doubtful):
        out[i] = float(np.format_float_positional(values[i], unique=True))
