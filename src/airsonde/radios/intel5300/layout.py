"""How an Intel 5300 record is laid out, and where its CSI bits lie.

Record: u16 (big-endian) length, u8 code, length-1 bytes. Code 0xbb: a 20-byte header, then for
each of 30 groups three bits of padding and the chains' 8-bit real and imaginary parts, packed.
Source: Linux 802.11n CSI Tool, iwl_structs.h and read_bfee.c.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import C64, U8
from airsonde.radios.intel5300.chips import CHAINS, GROUPS, STREAMS

BEAMFORMING = 0xBB
RECEIVED = (0xC0, 0xC1)

HEADER = np.dtype(
    [
        ("length", ">u2"),
        ("code", "u1"),
        ("timestamp_us", "<u4"),
        ("bfee_count", "<u2"),
        ("reserved", "<u2"),
        ("n_rx", "u1"),
        ("n_tx", "u1"),
        ("rssi", "u1", (3,)),
        ("noise", "i1"),
        ("agc", "u1"),
        ("antenna_sel", "u1"),
        ("csi_bytes", "<u2"),
        ("rate", "<u2"),
    ]
)
HT = 0x100
HT40 = 0x800


def csi_bytes(chains: int) -> int:
    """Bytes that 30 groups of so many receive x transmit chains take; works on arrays too."""
    return (GROUPS * (16 * chains + 3) + 7) // 8


_SIZES = {
    n_rx * n_tx: HEADER.itemsize + csi_bytes(n_rx * n_tx)
    for n_rx in range(1, CHAINS + 1)
    for n_tx in range(1, STREAMS + 1)
}
_LONGEST_FRAME = 4096


class IntelShape:
    """Starts of records: beamforming reports of possible length, and received 802.11 frames."""

    head = HEADER.itemsize
    key: Sequence[int] = (0, 1, 2)

    def __init__(self) -> None:
        self._reports = frozenset(_SIZES.values())

    def size(self, data: memoryview, at: int) -> int:
        size = (data[at] << 8 | data[at + 1]) + 2
        code = data[at + 2]
        if code == BEAMFORMING:
            return size if size in self._reports else 0
        return size if code in RECEIVED and self.head <= size <= _LONGEST_FRAME else 0

    def candidates(self, data: U8) -> NDArray[np.intp]:
        """Only beamforming reports: a received frame alone says too little."""
        last = len(data) - self.head + 1
        found = np.flatnonzero(data[2 : last + 2] == BEAMFORMING)
        sizes = (data[found].astype(np.int64) << 8 | data[found + 1]) + 2
        answer: NDArray[np.intp] = found[np.isin(sizes, list(self._reports))]
        return answer


def _antenna_tables(n_rx: int) -> tuple[U8, NDArray[np.intp]]:
    ports = (np.arange(256)[:, None] >> (2 * np.arange(n_rx))) & 3
    order = np.argsort(ports, axis=1, kind="stable")
    ports = np.take_along_axis(ports, order, axis=1)
    wrong = (ports[:, -1] >= CHAINS) | (np.diff(ports, axis=1) == 0).any(axis=1)
    order[wrong] = ports[wrong] = np.arange(n_rx)
    return ports.astype(np.uint8), order


_ANTENNAS = {n_rx: _antenna_tables(n_rx) for n_rx in range(1, CHAINS + 1)}


def antenna_order(antenna_sel: U8, n_rx: int) -> tuple[U8, NDArray[np.intp]]:
    """Antenna ports of n frames in ascending order, and where each stands in the record.

    uint8[n, n_rx] and intp[n, n_rx]. A word that names one port twice changes nothing.
    """
    ports, order = _ANTENNAS[n_rx]
    return ports[antenna_sel], order[antenna_sel]


def unpack(payload: U8, n_rx: int, n_tx: int, order: NDArray[np.intp]) -> C64:
    """complex64[n, n_rx, n_tx, 30] of the CSI bytes of n records, antennas put in `order`.

    `payload` is contiguous and has one row more than there are records, of any content: eight
    bytes are loaded at a time, also behind the last. Eight groups fill whole bytes (8 · 3 bits of
    padding), so each of the eight phases is one strided load and one shift.
    """
    n, chains = len(order), n_rx * n_tx
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
    pairs = np.ascontiguousarray(pairs.reshape(n, GROUPS, n_rx, n_tx).transpose(0, 2, 3, 1))
    if (order != np.arange(n_rx)).any():
        pairs = pairs[np.arange(n)[:, None], order]
    csi: C64 = pairs.view(np.int8).astype(np.float32).view(np.complex64)
    return csi
