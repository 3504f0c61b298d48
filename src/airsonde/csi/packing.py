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


def grouped(payload: U8, n: int, n_rx: int, n_tx: int) -> NDArray[np.int16]:
    """int16[n, 30, n_rx, n_tx] of Intel 5300 groups, each an int8 pair (real, imaginary).

    Eight groups fill whole bytes (8 · 3 bits of padding), so each of the eight phases is one
    strided load and one shift; at most three pairs fit into one load.
    """
    chains = n_rx * n_tx
    loads, together = (1, n_rx) if n_tx == 1 else (n_rx, n_tx)
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
    return pairs.reshape(n, GROUPS, n_rx, n_tx)


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


def store(pairs: Pairs, out: C64) -> None:
    """Write (real, imaginary) pairs, int8 in int16 or int16 in int32, as complex numbers."""
    part = np.int8 if pairs.itemsize == 2 else np.int16
    out.view(np.float32)[...] = np.ascontiguousarray(pairs).view(part)
