"""The bare UDP packets of firmware that exists: raw CSI, vitals, vectors, module output, classes.

Little endian throughout. Fields stand in the order of the wire; reserved bytes are not kept. Every
decoder raises DecodeError: too short, unknown magic, and what its docstring names.
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple
from zlib import crc32

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.mesh.model import Refusal
from airsonde.mesh.wire import Buffer

RAW_CSI = 0xC511_0001
VITALS = 0xC511_0002
FEATURE_VECTOR = 0xC511_0003
FUSED_VITALS = 0xC511_0004  # also module output: see `is_module_output`
COMPRESSED_CSI = 0xC511_0005
TEMPORAL = 0xC511_0007  # also module output of later firmware

MOST_ANTENNAS = 4
MOST_VALUES = 512
MOST_EVENTS = 16
_CENTI, _MYRIA = 100, 10_000

_RAW_CSI = struct.Struct("<IBBHIIbbH")
RAW_HEAD_BYTES = _RAW_CSI.size
_VITALS = struct.Struct("<IBBHIbB2xffI4x")
_VECTOR = struct.Struct("<IBxHq8f")
_FUSED = struct.Struct("<IBBHIbBBBffIfffBB6x")
_MODULE = struct.Struct("<IBBH")
_EVENT = struct.Struct("<Bf")
_COMPRESSED = struct.Struct("<IBBHH")
_TEMPORAL = struct.Struct("<IHHB3xQIB3xff")
_CRC = struct.Struct("<I")


class RawCsi(NamedTuple):
    """One ADR-018 frame; `iq` holds (imaginary, real) int8 pairs, antenna by antenna."""

    node_id: int
    n_antennas: int
    n_subcarriers: int
    freq_mhz: int
    seq: int
    rssi_dbm: int
    noise_dbm: int
    reserved: int
    iq: bytes


class Vitals(NamedTuple):
    """Edge vitals. `flags`: 1 presence, 2 fall, 4 motion; the scores are not bounded by 1."""

    node_id: int
    flags: int
    breathing_bpm: float
    heart_bpm: float
    rssi_dbm: int
    n_persons: int
    motion_energy: float
    presence_score: float
    uptime_ms: int


class FeatureVector(NamedTuple):
    node_id: int
    seq: int
    uptime_us: int
    features: tuple[float, ...]


class FusedVitals(NamedTuple):
    """Vitals fused with a millimetre-wave sensor; flag 8: it sees somebody."""

    node_id: int
    flags: int
    breathing_bpm: float
    heart_bpm: float
    rssi_dbm: int
    n_persons: int
    mmwave_type: int
    fusion_conf: int
    motion_energy: float
    presence_score: float
    uptime_ms: int
    mmwave_heart_bpm: float
    mmwave_breathing_bpm: float
    mmwave_distance_cm: float
    mmwave_targets: int
    mmwave_conf: int


class ModuleOutput(NamedTuple):
    """Events of a WebAssembly module: (type, value); `magic` is the one of two it came with."""

    node_id: int
    module: int
    events: tuple[tuple[int, float], ...]
    magic: int = FUSED_VITALS


class CompressedCsi(NamedTuple):
    """Run-length coded XOR with a frame that was mostly never sent; kept as it came."""

    node_id: int
    channel: int
    original_len: int
    data: bytes


class Temporal(NamedTuple):
    """A classification over time: the best class and how far it leads."""

    n_classes: int
    node_id: int
    ts_us: int
    seq: int
    best_class: int
    top_logit: float
    lead: float


Packet = RawCsi | Vitals | FeatureVector | FusedVitals | ModuleOutput | CompressedCsi | Temporal


def decode_raw_csi(data: Buffer) -> RawCsi:
    """Refuses 0 or more than 4 antennas and more than 512 values; trailing bytes are ignored."""
    values = _unpack(_RAW_CSI, data, RAW_CSI)
    if not 0 < values[1] <= MOST_ANTENNAS:
        raise DecodeError(Refusal.BAD_FIELD, offset=5)
    if values[2] > MOST_VALUES:
        raise DecodeError(Refusal.BAD_FIELD, offset=6)
    end = _RAW_CSI.size + 2 * values[1] * values[2]
    return RawCsi._make((*values, _tail(data, _RAW_CSI.size, end)))


def decode_vitals(data: Buffer) -> Vitals:
    node, flags, breathing, heart, *rest = _unpack(_VITALS, data, VITALS)
    return Vitals(node, flags, breathing / _CENTI, heart / _MYRIA, *rest)


def decode_feature_vector(data: Buffer) -> FeatureVector:
    node, seq, uptime, *features = _unpack(_VECTOR, data, FEATURE_VECTOR)
    return FeatureVector(node, seq, uptime, tuple(features))


def decode_fused_vitals(data: Buffer) -> FusedVitals:
    node, flags, breathing, heart, *rest = _unpack(_FUSED, data, FUSED_VITALS)
    return FusedVitals(node, flags, breathing / _CENTI, heart / _MYRIA, *rest)


def is_module_output(data: Buffer) -> bool:
    """Whether a datagram of one of the shared magics has the size that its event count tells.

    48 bytes are fused vitals too: their breathing rate stands where the count does, and 8 would be
    0.08 breaths a minute.
    """
    if len(data) < _MODULE.size:
        return False
    count: int = _MODULE.unpack_from(data)[3]
    return count <= MOST_EVENTS and len(data) == _MODULE.size + _EVENT.size * count


def decode_module_output(data: Buffer) -> ModuleOutput:
    """Refuses more than 16 events."""
    if len(data) < _MODULE.size:
        raise DecodeError(Refusal.TOO_SHORT, offset=len(data))
    magic, node, module, count = _MODULE.unpack_from(data)
    if magic not in {FUSED_VITALS, TEMPORAL}:
        raise DecodeError(Refusal.BAD_MAGIC, offset=0)
    if count > MOST_EVENTS:
        raise DecodeError(Refusal.BAD_FIELD, offset=6)
    body = _tail(data, _MODULE.size, _MODULE.size + _EVENT.size * count)
    return ModuleOutput(node, module, tuple(_EVENT.iter_unpack(body)), magic)


def decode_compressed_csi(data: Buffer) -> CompressedCsi:
    node, channel, original, size = _unpack(_COMPRESSED, data, COMPRESSED_CSI)
    body = _tail(data, _COMPRESSED.size, _COMPRESSED.size + size)
    return CompressedCsi(node, channel, original, body)


def decode_temporal(data: Buffer) -> Temporal:
    """Refuses versions other than 1 and a wrong CRC."""
    version, *values = _unpack(_TEMPORAL, data, TEMPORAL)
    if version != 1:
        raise DecodeError(Refusal.BAD_VERSION, offset=4)
    crc = _tail(data, _TEMPORAL.size, _TEMPORAL.size + _CRC.size)
    if _CRC.unpack(crc)[0] != crc32(data[: _TEMPORAL.size]):
        raise DecodeError(Refusal.CRC_MISMATCH, offset=_TEMPORAL.size)
    return Temporal(*values)


def encode_packet(packet: Packet) -> bytes:
    """The datagram of a packet. Raises ConfigError when a value does not fit its field."""
    try:
        return _ENCODERS[type(packet)](packet)
    except (struct.error, OverflowError, ValueError, TypeError) as e:
        raise ConfigError(f"a {type(packet).__name__} does not fit its fields: {e}") from None


def _encode_raw_csi(packet: RawCsi) -> bytes:
    if len(packet.iq) != 2 * packet.n_antennas * packet.n_subcarriers:
        raise ConfigError(f"{len(packet.iq)} bytes of CSI do not match the stated counts")
    return _RAW_CSI.pack(RAW_CSI, *packet[:-1]) + packet.iq


def _encode_vitals(packet: Vitals) -> bytes:
    return _VITALS.pack(VITALS, *packet[:2], *_rates(packet), *packet[4:])


def _encode_fused_vitals(packet: FusedVitals) -> bytes:
    return _FUSED.pack(FUSED_VITALS, *packet[:2], *_rates(packet), *packet[4:])


def _encode_feature_vector(packet: FeatureVector) -> bytes:
    return _VECTOR.pack(FEATURE_VECTOR, *packet[:-1], *packet.features)


def _encode_module_output(packet: ModuleOutput) -> bytes:
    head = _MODULE.pack(packet.magic, packet.node_id, packet.module, len(packet.events))
    return head + b"".join(_EVENT.pack(*event) for event in packet.events)


def _encode_compressed_csi(packet: CompressedCsi) -> bytes:
    return _COMPRESSED.pack(COMPRESSED_CSI, *packet[:-1], len(packet.data)) + packet.data


def _encode_temporal(packet: Temporal) -> bytes:
    body = _TEMPORAL.pack(TEMPORAL, 1, *packet)
    return body + _CRC.pack(crc32(body))


_ENCODERS: dict[type[Any], Callable[[Any], bytes]] = {
    RawCsi: _encode_raw_csi,
    Vitals: _encode_vitals,
    FusedVitals: _encode_fused_vitals,
    FeatureVector: _encode_feature_vector,
    ModuleOutput: _encode_module_output,
    CompressedCsi: _encode_compressed_csi,
    Temporal: _encode_temporal,
}


def _rates(packet: Vitals | FusedVitals) -> tuple[int, int]:
    return round(packet.breathing_bpm * _CENTI), round(packet.heart_bpm * _MYRIA)


def _unpack(layout: struct.Struct, data: Buffer, magic: int) -> tuple[Any, ...]:
    """The fields behind the magic."""
    if len(data) < layout.size:
        raise DecodeError(Refusal.TOO_SHORT, offset=len(data))
    values = layout.unpack_from(data)
    if values[0] != magic:
        raise DecodeError(Refusal.BAD_MAGIC, offset=0)
    return values[1:]


def _tail(data: Buffer, begin: int, end: int) -> bytes:
    if len(data) < end:
        raise DecodeError(Refusal.TOO_SHORT, offset=len(data))
    return bytes(data[begin:end])
