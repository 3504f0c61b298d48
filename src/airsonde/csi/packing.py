"""Unpack the CSI bit fields that several tools write as the chips deliver them.

The payloads are contiguous rows, one a record, and have one row more than there are records, of
any content: eight bytes are loaded at a time, also behind the last record's end.
"""

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import C64, U8

Pairs = NDArray[np.int16] | NDArray[np.int32]

GROUPS = 30


def grouped_bytes(chains: int) -> int:
    """Bytes of 30 groups: three bits of padding and 16 bits a chain each; works on arrays too."""
    return (GROUPS * (16 * chains + 3) + 7) // 8


def grouped(payload: U8, n: int, chains: int) -> NDArray[np.int16]:
    """int16[n, 30, chains] of Intel 5300 groups, each an int8 pair (real, imaginary).

    Eight groups fill whole bytes (8 · 3 bits of padding), so each of the eight phases is one
    strided load and one shift.
    """
    together = next(q for q in (3, 2, 1) if chains % q == 0)
    loads = chains // together
    words = np.empty((n, GROUPS, loads), dtype=np.uint64)
    row = payload.strides[0]
    for phase in range(8):
        padding = 3 * (phase + 1)
        shape = (n, (GROUPS - phase + 7) // 8, loads)
        start = (padding >> 3) + 2 * chains * phase
        packed: NDArray[np.uint64] = np.ndarray(
            shape, "<u8", payload.data, start, (row, 16 * chains + 3, 2 * together)
        )
        np.right_shift(packed, np.uint64(padding & 7), out=words[:, phase::8])
    pairs = words.view(np.int16).reshape(n, GROUPS, loads, 4)[..., :together]
    return pairs.reshape(n, GROUPS, chains)


def ten_bit(payload: U8, n: int, count: int) -> NDArray[np.int32]:
    """int32[n, count], each an int16 pair (real, imaginary), of an even count of complex values.

    They are packed as ten bits imaginary, ten bits real, lowest first: two values in five bytes.
    """
    packed: NDArray[np.uint64] = np.ndarray(
        (n, count // 2), "<u8", payload.data, 0, (payload.strides[0], 5)
    )
    loaded = packed << np.uint64(6)
    halves = loaded.view(np.int16).reshape(n, count // 2, 4)
    parts = np.empty((n, count // 2, 4), dtype=np.int16)
    for value in (0, 2):
        parts[..., value + 1] = halves[..., 0]
        np.left_shift(halves[..., 1], np.int16(6), out=parts[..., value])
        loaded >>= np.uint64(20)
    parts >>= np.int16(6)
    return parts.view(np.int32).reshape(n, count)


def complex_of(pairs: Pairs) -> C64:
    """complex64 of (real, imaginary) pairs of int8 (in int16) or of int16 (in int32)."""
    part = np.int8 if pairs.itemsize == 2 else np.int16
    values: C64 = np.ascontiguousarray(pairs).view(part).astype(np.float32).view(np.complex64)
    return values
