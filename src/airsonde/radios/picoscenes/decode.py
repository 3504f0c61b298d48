"""PicoScenes records to frames: which are good, which lane each belongs to, its columns."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.antennas import antenna_order
from airsonde.csi.chain import RecordSplitter, Split, gather, mac_keys, rows_alike
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import F32, I64, U8, Bools, FrameBatch, Tally
from airsonde.csi.payload import RecordPayloads
from airsonde.csi.ports import Fed, PayloadDecoder
from airsonde.radios.picoscenes.chips import IWL5300
from airsonde.radios.picoscenes.lanes import LaneFields, pico_lane
from airsonde.radios.picoscenes.layout import BASIC, CSI, MVM_EXTRA, PicoShape
from airsonde.radios.picoscenes.segments import missing, read_fields, walk
from airsonde.radios.picoscenes.values import Packed, unpacked

_NO_LEVEL = -128
_FRAME_HEADER = 24
_TALKING = 16
_BASIC = np.dtype(
    [
        ("device_us", "<u8"), ("system_ns", "<i8"), ("control_mhz", "<u2"), ("mcs", "u1"),
        ("noise", "i1"), ("rssi", "(4,)i2"),
    ]
)  # fmt: skip
_CSI = CSI[4]
_SENDER = np.dtype([("address", "(6,)u1"), ("seq", "<i4")])
_CONTROL = 0x04


class PicoscenesDecoder:
    """Decoder of PicoScenes captures of commodity radios.

    A lane is the radio, transmitter (from the received frame), PPDU format, width and place, and
    antenna counts. Tones are the measured ones, never interpolated; Intel's pilots are not valid:
    they hold next to nothing. Times are the host's where the record has them, else the radio's.
    A frame without sequence control has -1 there.
    """

    def __init__(self, source: str = "") -> None:
        self.tally = Tally()
        self.chip: str | None = None
        self.warnings: list[str] = []
        self._source = source
        self._splitter = RecordSplitter(PicoShape())
        self._lanes = LaneBook()

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        split = self._splitter.split(data, final=final)
        self.tally.skipped.update(split.lost)
        if not len(split.starts):
            return Fed([], split.consumed)
        return Fed(self._frames(np.frombuffer(data, dtype=np.uint8), split), split.consumed)

    def _frames(self, block: U8, split: Split) -> list[FrameBatch]:
        walked = walk(block, split.starts, split.sizes)
        self.tally.skip("segments do not fit the record", int((~walked.sound).sum()))
        basic, has_basic = read_fields(block, walked.named["RxSBasic"], BASIC, _BASIC)
        csi, has_csi = read_fields(block, walked.named["CSI"], CSI, _CSI)
        mvm, _ = read_fields(block, walked.named["MVMExtra"], MVM_EXTRA, MVM_EXTRA[1])
        good = walked.sound & has_basic & has_csi
        for name, lacking in (
            ("RxSBasic", walked.sound & ~has_basic),
            ("CSI", walked.sound & has_basic & ~has_csi),
        ):
            self.tally.skipped.update(missing(name, walked.named[name], lacking))
        content = walked.named["CSI"]
        good &= self._fitting(csi, content.version, content.size, good)
        rows = np.flatnonzero(good)
        csi_at = content.at + _header_bytes(content.version)
        senders = _senders(block, walked.frame_at, split.starts + split.sizes, good)
        t_ns = _times(basic, mvm, walked.named["RxSBasic"].version)
        records = _Records(
            csi=csi,
            basic=basic,
            senders=senders,
            csi_at=csi_at,
            numbers=split.numbers,
            t_ns=t_ns,
        ).take(rows)
        batches = [self._batch(block, records.take(of)) for of in _alike(records)]
        return [batch for batch in batches if batch is not None]

    def _fitting(self, csi: NDArray[np.void], version: I64, size: I64, good: Bools) -> Bools:
        """Where the CSI lies inside its segment and there is one measurement of it."""
        inside = csi["bytes"] <= size - _header_bytes(version)
        self.tally.skip("csi does not fit its segment", int((good & ~inside).sum()))
        single = (csi["count"] <= 1) | (version < 3)
        self.tally.skip("several measurements in one record", int((good & inside & ~single).sum()))
        fits: Bools = inside & single
        return fits

    def _batch(self, block: U8, records: "_Records") -> FrameBatch | None:
        """Records of one layout as a batch; None when that layout cannot be read."""
        csi, basic = records.csi, records.basic
        packed = _packed(csi[0])
        lane = pico_lane(
            self._lanes, self._source, packed, _lane_fields(csi[0], basic[0], records.senders[0])
        )
        if isinstance(lane, str):
            self.tally.skip(lane, len(csi))
            return None
        self.tally.decoded += len(csi)
        self.chip = self.chip or lane.chip
        levels, noise = _levels(basic)
        extra: dict[str, NDArray[np.generic]] = {
            f"rssi_{i}_dbm": levels[:, i + 1].copy() for i in range(3)
        }
        extra |= {"mcs": basic["mcs"].copy(), "device_us": basic["device_us"].copy()}
        extra["antenna_sel"] = csi["antenna_sel"].copy()
        return FrameBatch(
            lane=lane,
            index=records.numbers,
            t_ns=records.t_ns,
            csi=unpacked(packed, block, records.csi_at, csi["antenna_sel"]),
            rssi_dbm=levels[:, 0].copy(),
            noise_dbm=noise,
            seq=records.senders["seq"].astype(np.int32),
            extra=extra,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """What was read of n records: segment fields, who sent, where the CSI bytes begin."""

    csi: NDArray[np.void]
    basic: NDArray[np.void]
    senders: NDArray[np.void]
    csi_at: I64
    numbers: I64
    t_ns: I64

    def take(self, rows: NDArray[np.intp]) -> "_Records":
        return _Records(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def _levels(basic: NDArray[np.void]) -> tuple[F32, F32]:
    """RSSI float32[n, 4] and noise float32[n] in dBm; the old versions give RSSI above noise."""
    noise = basic["noise"].astype(np.float32)
    noise[noise == _NO_LEVEL] = np.nan
    levels = basic["rssi"].astype(np.float32)
    levels[np.abs(levels) >= -_NO_LEVEL] = np.nan
    above = basic["control_mhz"] == 0
    levels[above] = np.where(levels[above] == 0, np.float32(np.nan), levels[above])
    levels[above] += noise[above, None]
    return levels, noise


def _packed(csi: Any) -> Packed:
    return Packed(
        device=int(csi["device"]),
        format=int(csi["format"]),
        width_mhz=int(csi["width_mhz"]),
        tones=int(csi["tones"]),
        n_rx=int(csi["n_rx"]),
        size=int(csi["bytes"]),
    )


def _lane_fields(csi: Any, basic: Any, sender: Any) -> LaneFields:
    return LaneFields(
        transmitter=sender["address"].tobytes() if sender["address"].any() else None,
        carrier_hz=int(csi["carrier_hz"]),
        offset_hz=int(csi["offset"]) * int(csi["spacing_hz"]),
        control_mhz=int(basic["control_mhz"]),
        antennas=tuple(_ports(csi[None])[0].tolist()),
    )


def _ports(csi: NDArray[np.void]) -> U8:
    """uint8[n, 3]: ports of an Intel 5300 with fewer than three chains; 0 of every other radio."""
    ports = np.zeros((len(csi), 3), dtype=np.uint8)
    for n_rx in (1, 2):
        rows = np.flatnonzero((csi["device"] == IWL5300) & (csi["n_rx"] == n_rx))
        ports[rows, :n_rx] = antenna_order(csi["antenna_sel"][rows], n_rx)[0]
    return ports


def _header_bytes(version: I64) -> I64:
    sizes = np.zeros(int(version.max(initial=0)) + 1, dtype=np.int64)
    for known, layout in CSI.items():
        if known < len(sizes):
            sizes[known] = layout.itemsize
    header: I64 = sizes[version]
    return header


def _times(basic: NDArray[np.void], mvm: NDArray[np.void], version: I64) -> I64:
    """int64[n]: host nanoseconds, else Intel's MAC clock, else the radio's microseconds."""
    device = np.where(mvm["mac_us"] > 0, mvm["mac_us"], basic["device_us"]).astype(np.int64) * 1000
    host = (version >= 4) & (basic["system_ns"] > 0)
    return np.where(host, basic["system_ns"], device)


def _senders(block: U8, starts: I64, ends: I64, good: Bools) -> NDArray[np.void]:
    """Transmitter (0: none) and sequence control (-1: none) of the received 802.11 frames."""
    senders = np.zeros(len(starts), dtype=_SENDER)
    senders["seq"] = -1
    talking = np.flatnonzero(good & (ends - starts >= _TALKING))
    if len(talking):
        senders["address"][talking] = gather(block, starts[talking], _TALKING)[:, 10:16]
    whole = np.flatnonzero(good & (ends - starts >= _FRAME_HEADER))
    if len(whole):
        frames = gather(block, starts[whole], _FRAME_HEADER)
        numbered = (frames[:, 0] & 0x0C) != _CONTROL
        words = np.ascontiguousarray(frames[:, 22:24]).view("<u2")[:, 0]
        senders["seq"][whole[numbered]] = words[numbered]
    return senders


def _alike(records: _Records) -> list[NDArray[np.intp]]:
    """Rows of each layout, place and transmitter, in the order in which they first appear."""
    csi = records.csi
    names = ("device", "format", "tones", "n_rx", "width_mhz", "bytes", "offset", "spacing_hz")
    keys = [csi[name].astype(np.int64) for name in (*names, "carrier_hz")]
    tuned = records.basic["control_mhz"].astype(np.int64)
    ports = _ports(csi).astype(np.int64) @ np.array([1, 4, 16])
    return rows_alike(*keys, tuned, ports, mac_keys(records.senders["address"]))


def payloads() -> PayloadDecoder:
    """Decoder of one record a call, as the tool writes them to files."""
    return RecordPayloads(PicoscenesDecoder)
