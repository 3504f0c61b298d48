"""How a FeitCSI record is laid out: a 272-byte header, then int16 (real, imaginary) values.

The values go by receive chain, then stream, then tone, ascending. Source:
feitcsi.kuskosoft.com/csi_format and FeitCSI `Csi.h`; the microseconds at 88 were found in
recordings (they advance with the 320 MHz FTM clock).
"""

from collections.abc import Sequence
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import U8
from airsonde.radios.feitcsi.chips import CHAINS

HEADER_BYTES = 272

HEADER = np.dtype(
    {
        "names": [
            "csi_bytes", "ftm_clock", "host_us", "n_rx", "n_tx", "tones", "rssi", "source",
            "device_us", "rate",
        ],
        "formats": [
            "<u4", "<u4", "<u8", "u1", "u1", "<u4", "(2,)<u4", "(6,)u1", "<u4", "<u4",
        ],
        "offsets": [0, 8, 12, 46, 47, 52, 60, 68, 88, 92],
        "itemsize": 96,
    }
)  # fmt: skip
_MOST_TONES = 4096


class FeitShape:
    """Starts of records: the size of the values is what antennas and tones make."""

    head = HEADER.itemsize
    key: Sequence[int] = (0, 1, 2, 3, 46, 47, 52, 53, 54, 55)

    def __init__(self) -> None:
        self._unpack = Struct("<I42xBB4xI").unpack_from

    def size(self, data: memoryview, at: int) -> int:
        csi, n_rx, n_tx, tones = self._unpack(data, at)
        fits = 1 <= n_rx <= CHAINS and 1 <= n_tx <= CHAINS and 1 <= tones <= _MOST_TONES
        return HEADER_BYTES + csi if fits and csi == 4 * n_rx * n_tx * tones else 0

    def candidates(self, data: U8) -> NDArray[np.intp]:
        if len(data) < self.head:
            return np.empty(0, dtype=np.intp)
        starts = np.ndarray((len(data) - self.head + 1,), HEADER, data, 0, (1,))
        n_rx, n_tx, tones = starts["n_rx"], starts["n_tx"], starts["tones"]
        fits = (n_rx >= 1) & (n_rx <= CHAINS) & (n_tx >= 1) & (n_tx <= CHAINS)
        found = np.flatnonzero(fits & (tones >= 1) & (tones <= _MOST_TONES))
        there = starts[found]
        sizes = 4 * there["tones"].astype(np.int64) * there["n_rx"] * there["n_tx"]
        answer: NDArray[np.intp] = found[there["csi_bytes"] == sizes]
        return answer
