"""The words of channel state information: lanes, batches of frames, and their accounting.

Arrays are NumPy; N counts frames and S subcarriers. A batch is never changed after it was made.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from airsonde.core.channel import Channel
from airsonde.core.ids import MacAddress

I16: TypeAlias = NDArray[np.int16]
I32: TypeAlias = NDArray[np.int32]
I64: TypeAlias = NDArray[np.int64]
U8: TypeAlias = NDArray[np.uint8]
F32: TypeAlias = NDArray[np.float32]
C64: TypeAlias = NDArray[np.complex64]
Bools: TypeAlias = NDArray[np.bool_]


class Family(StrEnum):
    """Who made the measurement; UNKNOWN where a file does not tell."""

    NEXMON = "nexmon"
    ESP32 = "esp32"
    INTEL5300 = "intel5300"
    ATHEROS = "atheros"
    PICOSCENES = "picoscenes"
    FEITCSI = "feitcsi"
    SIM = "sim"
    UNKNOWN = "unknown"


RADIOS = tuple(family for family in Family if family is not Family.UNKNOWN)


class Ppdu(StrEnum):
    """PPDU format of the measured transmission."""

    NON_HT = "non-ht"
    HT = "ht"
    VHT = "vht"
    HE = "he"
    EHT = "eht"


class Verdict(IntEnum):
    """What validation said of a frame; PENDING: it has not been asked."""

    PENDING = 0
    ACCEPTED = 1
    DEGRADED = 2
    REJECTED = 3
    RECOVERED = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lane:
    """What is comparable: one source, transmitter, channel, format and chain layout.

    `subcarriers` (int16[S], ascending) are indices relative to DC; `valid` (bool[S]) is False
    where the radio measures no channel: nulls, DC, PHY status words, unoccupied spectrum.
    `training` names the fields the frames were taken from, in order (`l-ltf+ht-ltf`), where the
    source tells. `core` and `stream` are set when the lane holds one receive core, one spatial
    stream of a larger sounding. `width_mhz` is what the subcarriers span, where that is known,
    `stated` is channel number and width as the source wrote them,
    where they must survive re-encoding.
    """

    number: int
    source: str
    family: Family
    chip: str | None = None
    transmitter: MacAddress | None = None
    channel: Channel | None = None
    width_mhz: int | None = None
    ppdu: Ppdu | None = None
    training: str | None = None
    n_rx: int = 1
    n_tx: int = 1
    core: int | None = None
    stream: int | None = None
    subcarriers: I16
    valid: Bools
    stated: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameBatch:
    """N ≥ 1 frames of one lane.

    | field | shape, unit |
    |---|---|
    | index | int64[N], number of the record in its source |
    | t_ns | int64[N], nanoseconds of the source's clock |
    | csi | complex64[N, n_rx, n_tx, S], as measured, subcarriers ascending |
    | rssi_dbm, noise_dbm | float32[N], NaN: not in this frame; None: the source cannot know |
    | seq | int32[N], 802.11 sequence control or the source's counter; None: no such thing |
    | verdict, quality, reasons | uint8[N], float32[N] in 0..1, N tuples; None: not validated |
    | extra | columns only this family reports, each [N, …], unit in the name |
    """

    lane: Lane
    index: I64
    t_ns: I64
    csi: C64
    rssi_dbm: F32 | None = None
    noise_dbm: F32 | None = None
    seq: I32 | None = None
    verdict: U8 | None = None
    quality: F32 | None = None
    reasons: tuple[tuple[str, ...], ...] | None = None
    extra: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.t_ns)


@dataclass(slots=True)
class Tally:
    """What became of every record: records = decoded + all skipped, by construction."""

    decoded: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def records(self) -> int:
        return self.decoded + self.skipped.total()

    def skip(self, reason: str, count: int = 1) -> None:
        if count:
            self.skipped[reason] += count
