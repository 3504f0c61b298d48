"""Simulated datagrams: 20 bytes of header, then int16 (real, imag) per subcarrier, ascending.

Header: magic `SIM1`, u16 subcarriers, i16 RSSI in dBm, u32 sequence number, i64 t_ns; all little
endian. They exist so that the live path can be tried without a radio.
"""

import struct
from functools import partial

import numpy as np

from airsonde.core.errors import DecodeError
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import C64, F32, I64, Family, FrameBatch, Lane
from airsonde.csi.payload import SinglePayloads
from airsonde.csi.ports import DatagramDecoder, PayloadDecoder
from airsonde.csi.tones import data_mask, grid
from airsonde.radios.sim.chips import CHIPS, SimulatedChip

_HEADER = struct.Struct("<4sHhIq")
_MAGIC = b"SIM1"
_BY_SIZE = {chip.subcarriers: chip for chip in CHIPS}


def lane_of(number: int, chip: SimulatedChip) -> Lane:
    """The one lane of a simulated radio."""
    return Lane(
        number=number,
        source="simulated",
        family=Family.SIM,
        chip=chip.slug,
        channel=chip.channel,
        ppdu=chip.ppdu,
        subcarriers=grid(chip.subcarriers),
        valid=data_mask(chip.subcarriers, chip.ppdu, chip.channel.width_mhz),
    )


def to_batch(lane: Lane, t_ns: I64, csi: C64, first: int, rssi_dbm: F32) -> FrameBatch:
    """Frames (complex64[N, S]) numbered from `first`."""
    n = len(t_ns)
    return FrameBatch(
        lane=lane,
        index=np.arange(first, first + n, dtype=np.int64),
        t_ns=t_ns,
        csi=csi.reshape(n, 1, 1, -1),
        rssi_dbm=rssi_dbm,
        seq=np.arange(first, first + n, dtype=np.int64).astype(np.int32),
    )


def encode(batch: FrameBatch) -> list[bytes]:
    """One datagram a frame; samples are rounded to int16."""
    samples = batch.csi.reshape(len(batch), -1)
    pairs = samples.view(np.float32).round().clip(-32768, 32767).astype("<i2")
    rssi = np.zeros(len(batch)) if batch.rssi_dbm is None else batch.rssi_dbm
    size = samples.shape[1]
    return [
        _HEADER.pack(_MAGIC, size, int(rssi[i]), int(batch.index[i]) & 0xFFFFFFFF, batch.t_ns[i])
        + pairs[i].tobytes()
        for i in range(len(batch))
    ]


class SimulatedPayloads:
    """Decode one datagram a call."""

    def __init__(self) -> None:
        self._lanes = LaneBook()

    def decode(self, data: bytes, t_ns: int) -> FrameBatch:
        """Decode one datagram received at `t_ns`. Raises DecodeError when it is not a good one."""
        if len(data) < _HEADER.size:
            raise DecodeError("shorter than its header")
        magic, size, rssi, seq, _ = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise DecodeError("not a simulated datagram")
        if size not in _BY_SIZE or len(data) != _HEADER.size + 4 * size:
            raise DecodeError("length and number of subcarriers do not agree")
        lane = self._lanes.lane(size, partial(lane_of, chip=_BY_SIZE[size]))
        pairs = np.frombuffer(data, "<i2", offset=_HEADER.size).astype(np.float32)
        return to_batch(
            lane,
            np.array([t_ns], dtype=np.int64),
            pairs.view(np.complex64).reshape(1, size),
            seq & 0x7FFFFFFF,
            np.array([rssi], dtype=np.float32),
        )


def payloads() -> PayloadDecoder:
    """A decoder of single datagrams."""
    return SimulatedPayloads()


def datagrams() -> DatagramDecoder:
    """A decoder of many datagrams in one buffer."""
    return SinglePayloads(payloads())
