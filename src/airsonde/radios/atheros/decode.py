"""Atheros CSI Tool records to frames: which are good, which lane each belongs to, its columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.chain import RecordSplitter, Split, gather, mac_keys, rows_alike, sound_share
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import C64, I64, U8, Bools, FrameBatch, Lane, Tally
from airsonde.csi.packing import store, ten_bit
from airsonde.csi.payload import RecordPayloads
from airsonde.csi.ports import Fed, PayloadDecoder
from airsonde.radios.atheros.chips import CHAINS, CHIP, NOISE_FLOOR_DBM
from airsonde.radios.atheros.lanes import atheros_lane
from airsonde.radios.atheros.layout import AtherosShape, ByteOrder

_PROBE_BYTES = 1 << 17
_CHUNK = 128
_FRAME_HEADER = 24
_DATA_FRAMES = (0x08, 0x48, 0x88, 0xC8)  # data, null, QoS data, QoS null; protocol version 0
_NO_RSSI = 128


class AtherosDecoder:
    """Decoder of the Atheros CSI Tool's log, in the byte order in which more of it is sound.

    A lane is the transmitter (from the received frame, where it is there), channel, width and
    antenna counts. Times are the source's microseconds as they stand. RSSI is the chip's figure
    above ath9k's nominal noise floor of -95 dBm.
    """

    def __init__(self, source: str = "") -> None:
        self.tally = Tally()
        self.chip: str | None = CHIP
        self.warnings: list[str] = []
        self._source = source
        self._shape = AtherosShape("<")
        self._splitter: RecordSplitter | None = None
        self._lanes = LaneBook()

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        if self._splitter is None:
            if len(data) < _PROBE_BYTES and not final:
                return Fed([], 0)
            self._shape = AtherosShape(byte_order(bytes(data[:_PROBE_BYTES])))
            self._splitter = RecordSplitter(self._shape)
        split = self._splitter.split(data, final=final)
        self.tally.skipped.update(split.lost)
        if not len(split.starts):
            return Fed([], split.consumed)
        return Fed(self._frames(np.frombuffer(data, dtype=np.uint8), split), split.consumed)

    def _frames(self, block: U8, split: Split) -> list[FrameBatch]:
        fields = gather(block, split.starts, self._shape.head).view(self._shape.header)[:, 0]
        rows = np.flatnonzero(self._good(fields))
        fields, starts, numbers = fields[rows], split.starts[rows], split.numbers[rows]
        self.tally.decoded += len(rows)
        senders = _senders(block, fields, starts)
        return [
            self._batch(block, fields[of], starts[of], numbers[of], senders[of])
            for of in _alike(fields, senders)
        ]

    def _good(self, fields: NDArray[np.void]) -> Bools:
        some = fields["csi_bytes"] > 0
        self.tally.skip("no csi", int((~some).sum()))
        values = fields["tones"].astype(np.int64) * fields["n_rx"] * fields["n_tx"]
        fits = (fields["csi_bytes"].astype(np.int64) * 2 == values * 5) & (fields["n_tx"] <= CHAINS)
        self.tally.skip("csi length does not fit tones and antennas", int((some & ~fits).sum()))
        good: Bools = some & fits
        return good

    def _batch(
        self, block: U8, fields: NDArray[np.void], starts: I64, numbers: I64, senders: U8
    ) -> FrameBatch:
        first = fields[0]
        known = bool(senders[0].any())
        rssi = fields["rssi"][:, 0].astype(np.float32)
        noise = fields["noise"].astype(np.float32)
        return FrameBatch(
            lane=self._lane(first, senders[0, :6].tobytes() if known else None),
            index=numbers,
            t_ns=fields["timestamp_us"].astype(np.int64) * 1000,
            csi=_values(block, first, starts + self._shape.head),
            rssi_dbm=np.where(rssi < _NO_RSSI, rssi + NOISE_FLOOR_DBM, np.float32(np.nan)),
            noise_dbm=np.where(noise < 0, noise, np.float32(np.nan)),
            seq=senders[:, 6:].copy().view("<u2")[:, 0].astype(np.int32) if known else None,
            extra=_extra(fields),
        )

    def _lane(self, first: Any, transmitter: bytes | None) -> Lane:
        tones, n_rx, n_tx = int(first["tones"]), int(first["n_rx"]), int(first["n_tx"])
        mhz, width = int(first["channel_mhz"]), 40 if first["wide"] else 20

        def make(number: int) -> Lane:
            return atheros_lane(
                number,
                self._source,
                mhz=mhz,
                width_mhz=width,
                chains=(tones, n_rx, n_tx),
                transmitter=transmitter,
            )

        return self._lanes.lane((transmitter, mhz, width, tones, n_rx, n_tx), make)


def byte_order(data: bytes) -> ByteOrder:
    """The byte order in which more of a log's first bytes are sound records."""
    little, big = AtherosShape("<"), AtherosShape(">")
    for final in (False, True):
        found = sound_share(data, little, final=final), sound_share(data, big, final=final)
        if found[0] != found[1]:
            break
    return ">" if found[1] > found[0] else "<"


def _values(block: U8, first: Any, starts: I64) -> C64:
    tones, n_rx, n_tx = int(first["tones"]), int(first["n_rx"]), int(first["n_tx"])
    size = tones * n_rx * n_tx * 5 // 2
    csi = np.empty((len(starts), n_rx, n_tx, tones), dtype=np.complex64)
    for i in range(0, len(starts), _CHUNK):
        part = starts[i : i + _CHUNK]
        payload = np.empty((len(part) + 1, size), dtype=np.uint8)
        payload[:-1] = gather(block, part, size)
        values = ten_bit(payload, len(part), tones * n_rx * n_tx)
        values = values.reshape(len(part), tones, n_rx, n_tx)
        store(values.transpose(0, 2, 3, 1), csi[i : i + _CHUNK])
    return csi


def _senders(block: U8, fields: NDArray[np.void], starts: I64) -> U8:
    """uint8[n, 8]: transmitter and sequence control of the received 802.11 frames; 0: none."""
    senders = np.zeros((len(fields), 8), dtype=np.uint8)
    there = np.flatnonzero(fields["payload_bytes"] >= _FRAME_HEADER)
    if not len(there):
        return senders
    at = starts[there] + AtherosShape.head + fields["csi_bytes"][there]
    frames = gather(block, at, _FRAME_HEADER)
    data = np.isin(frames[:, 0], _DATA_FRAMES) & (frames[:, 10] & 1 == 0)
    senders[there[data], :6] = frames[data, 10:16]
    senders[there[data], 6:] = frames[data, 22:24]
    return senders


def _alike(fields: NDArray[np.void], senders: U8) -> list[NDArray[np.intp]]:
    """Rows of each layout and transmitter, in the order in which they first appear."""
    layout = fields["channel_mhz"].astype(np.int64) << 20 | fields["wide"].astype(np.int64) << 16
    layout |= fields["tones"].astype(np.int64) << 8
    layout |= fields["n_rx"].astype(np.int64) << 4 | fields["n_tx"]
    return rows_alike(layout, mac_keys(senders[:, :6]))


def _extra(fields: NDArray[np.void]) -> dict[str, NDArray[np.generic]]:
    columns: dict[str, NDArray[np.generic]] = {"rssi_db": fields["rssi"][:, 0].copy()}
    for chain in range(3):
        columns[f"rssi_{chain}_db"] = fields["rssi"][:, chain + 1].copy()
    for name in ("rate", "phy_error"):
        columns[name] = fields[name].copy()
    columns["payload_bytes"] = fields["payload_bytes"].astype(np.uint16)
    return columns


def payloads() -> PayloadDecoder:
    """Decoder of one record a call, its length prefix included."""
    return RecordPayloads(AtherosDecoder)
