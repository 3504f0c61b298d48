"""How a PicoScenes record is laid out: frame header, named segments, the received 802.11 frame.

Record: u32 length of the rest, u32 0x20150315, u16 version 1, u8 number of segments. Segment: u32
length of the rest, u8 length of the name, the name (with or without a final NUL), u16 version,
content. Source: PicoScenes toolbox, `rxs_parsing_core`; CSI version 4 from recordings.
"""

from collections.abc import Sequence
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import U8

MAGIC = 0x20150315
HEADER_BYTES = 11
_LONGEST = 1 << 20

_Fields = list[tuple[str, str]]

_CHAINS: _Fields = [("mcs", "u1"), ("n_sts", "u1"), ("n_ess", "u1"), ("n_rx", "u1")]
_USERS: _Fields = [("users", "u1"), ("user", "u1")]
_OLD: _Fields = [
    ("device", "<u2"), ("device_us", "<u8"), ("center_mhz", "<u2"), ("format", "u1"),
    ("width_mhz", "<u2"), ("guard_ns", "<u2"), *_CHAINS,
]  # fmt: skip
_TUNED: _Fields = [
    ("center_mhz", "<u2"), ("control_mhz", "<u2"), ("capture_mhz", "<u2"), ("format", "u1"),
    ("width_mhz", "<u2"), ("guard_ns", "<u2"), *_CHAINS, *_USERS,
]  # fmt: skip
_ABOVE_NOISE: _Fields = [("noise", "i1"), ("rssi", "(4,)u1")]
_ABSOLUTE: _Fields = [("noise", "i1"), ("rssi", "(4,)i1")]
_TIMES: _Fields = [("device", "<u2"), ("device_us", "<u8")]

BASIC: dict[int, np.dtype[np.void]] = {
    1: np.dtype([*_OLD, *_ABOVE_NOISE]),
    2: np.dtype([*_OLD, *_USERS, *_ABOVE_NOISE]),
    3: np.dtype([*_TIMES, *_TUNED, *_ABSOLUTE]),
    4: np.dtype([*_TIMES, ("system_ns", "<u8"), *_TUNED, *_ABSOLUTE]),
}

_DEVICE: _Fields = [("device", "<u2")]
_FIRMWARE: _Fields = [("firmware", "u1")]
_SIGNAL: _Fields = [
    ("format", "u1"), ("width_mhz", "<u2"), ("carrier_hz", "<u8"), ("sampling_hz", "<u8"),
    ("spacing_hz", "<u4"), ("tones", "<u2"), ("n_sts", "u1"), ("n_rx", "u1"), ("n_ess", "u1"),
]  # fmt: skip
_COUNT: _Fields = [("count", "<u2")]
_ANTENNAS: _Fields = [("antenna_sel", "u1")]
_OFFSET: _Fields = [("offset", "<i2")]
_SIZE: _Fields = [("bytes", "<u4")]

CSI: dict[int, np.dtype[np.void]] = {
    1: np.dtype([*_DEVICE, *_SIGNAL, *_ANTENNAS, *_SIZE]),
    2: np.dtype([*_DEVICE, *_SIGNAL, *_ANTENNAS, *_OFFSET, *_SIZE]),
    3: np.dtype([*_DEVICE, *_SIGNAL, *_COUNT, *_ANTENNAS, *_OFFSET, *_SIZE]),
    4: np.dtype([*_DEVICE, *_FIRMWARE, *_SIGNAL, *_COUNT, *_ANTENNAS, *_OFFSET, *_SIZE]),
}

# Intel's own header inside MVMExtra version 1, behind its u16 length: microseconds at 88.
MVM_EXTRA: dict[int, np.dtype[np.void]] = {
    1: np.dtype({"names": ["mac_us"], "formats": ["<u4"], "offsets": [90], "itemsize": 94})
}


class PicoShape:
    """Starts of records: the magic word, version 1 and a possible length."""

    head = HEADER_BYTES
    key: Sequence[int] = tuple(range(10))

    def __init__(self) -> None:
        self._unpack = Struct("<IIH").unpack_from
        self._magic = MAGIC.to_bytes(4, "little")

    def size(self, data: memoryview, at: int) -> int:
        length, magic, version = self._unpack(data, at)
        fits = magic == MAGIC and version == 1 and HEADER_BYTES - 4 <= length <= _LONGEST
        return length + 4 if fits else 0

    def candidates(self, data: U8) -> NDArray[np.intp]:
        view, count = data.data, len(data) - self.head + 1
        if count < 1:
            return np.empty(0, dtype=np.intp)
        first = np.flatnonzero(data[4 : count + 4] == self._magic[0])
        found = [at for at in first.tolist() if self.size(view, at)]
        return np.array(found, dtype=np.intp)
