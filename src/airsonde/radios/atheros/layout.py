"""How an Atheros CSI Tool record is laid out, and where its CSI bits lie.

Record: u16 length, a 25-byte header, the CSI (10-bit imaginary and real parts in turn, lowest bits
first, by tone, receive chain, stream), the received 802.11 frame. Header and length are in the
byte order of the machine that recorded. Source: Atheros CSI Tool User Guide.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import U8
from airsonde.radios.atheros.chips import CHAINS, TONES

ByteOrder: TypeAlias = Literal["<", ">"]

_FIELDS: list[tuple[str, str]] = [
    ("length", "u2"),
    ("timestamp_us", "u8"),
    ("csi_bytes", "u2"),
    ("channel_mhz", "u2"),
    ("phy_error", "u1"),
    ("noise", "i1"),
    ("rate", "u1"),
    ("wide", "u1"),
    ("tones", "u1"),
    ("n_rx", "u1"),
    ("n_tx", "u1"),
    ("rssi", "(4,)u1"),
    ("payload_bytes", "u2"),
]
_LOWEST_MHZ, _HIGHEST_MHZ = 2300, 6100


def header(order: ByteOrder) -> np.dtype[np.void]:
    """The header's fields in one byte order, `<` or `>`; 27 bytes with the length."""
    return np.dtype([(name, kind) for name, kind in _FIELDS]).newbyteorder(order)


class AtherosShape:
    """Starts of records: the three lengths agree, channel and antenna counts are possible."""

    head = header("<").itemsize
    key: Sequence[int] = (0, 1, 10, 11, 12, 13, 17, 18, 19, 25, 26)

    def __init__(self, order: ByteOrder) -> None:
        self.header = header(order)
        self._unpack = Struct(order + "H8xHH3x3B5xH").unpack_from

    def size(self, data: memoryview, at: int) -> int:
        length, csi, mhz, wide, tones, n_rx, payload = self._unpack(data, at)
        fits = (
            length == self.head - 2 + csi + payload
            and _LOWEST_MHZ <= mhz <= _HIGHEST_MHZ
            and wide <= 1
            and tones in TONES
            and 1 <= n_rx <= CHAINS
        )
        return length + 2 if fits else 0

    def candidates(self, data: U8) -> NDArray[np.intp]:
        if len(data) < self.head:
            return np.empty(0, dtype=np.intp)
        starts = np.ndarray((len(data) - self.head + 1,), self.header, data, 0, (1,))
        mhz = starts["channel_mhz"]
        fits = (mhz >= _LOWEST_MHZ) & (mhz <= _HIGHEST_MHZ) & (starts["wide"] <= 1)
        fits &= (starts["n_rx"] >= 1) & (starts["n_rx"] <= CHAINS)
        found = np.flatnonzero(fits & np.isin(starts["tones"], TONES))
        there = starts[found]
        lengths = there["csi_bytes"].astype(np.int64) + there["payload_bytes"] + self.head - 2
        answer: NDArray[np.intp] = found[there["length"] == lengths]
        return answer
