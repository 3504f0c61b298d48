"""How an Intel 5300 record is laid out, and where its CSI bits lie.

Record: u16 (big-endian) length, u8 code, length-1 bytes. Code 0xbb: a 20-byte header, then for
each of 30 groups three bits of padding and the chains' 8-bit real and imaginary parts, packed.
Source: Linux 802.11n CSI Tool, iwl_structs.h and read_bfee.c.
"""

from collections.abc import Sequence
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import U8
from airsonde.csi.packing import grouped_bytes
from airsonde.radios.intel5300.chips import CHAINS, STREAMS

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


_SIZES = {
    n_rx * n_tx: HEADER.itemsize + grouped_bytes(n_rx * n_tx)
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
        self._unpack = Struct(">HB").unpack_from

    def size(self, data: memoryview, at: int) -> int:
        length, code = self._unpack(data, at)
        size: int = length + 2
        if code == BEAMFORMING:
            return size if size in self._reports else 0
        return size if code in RECEIVED and self.head <= size <= _LONGEST_FRAME else 0

    def candidates(self, data: U8) -> NDArray[np.intp]:
        """Only beamforming reports, and only where sizes and antennas agree."""
        if len(data) < self.head:
            return np.empty(0, dtype=np.intp)
        starts = np.ndarray((len(data) - self.head + 1,), HEADER, data, 0, (1,))
        found = np.flatnonzero(starts["code"] == BEAMFORMING)
        there = starts[found]
        expected = grouped_bytes(there["n_rx"].astype(np.int64) * there["n_tx"])
        fits = (there["csi_bytes"] == expected) & (there["length"] == expected + self.head - 2)
        fits &= np.isin(there["length"] + 2, list(self._reports))
        answer: NDArray[np.intp] = found[fits]
        return answer
