"""The 60-byte feature state (magic C5110006): what a node senses, ten numbers and flags."""

import struct
from typing import NamedTuple
from zlib import crc32

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.mesh.model import Refusal

MAGIC = 0xC511_0006
LAYOUT = struct.Struct("<IBBHQ9fHHI")
SIZE = LAYOUT.size
_BODY = struct.Struct("<IBBHQ9fHH")
_CRC = struct.Struct("<I")


class FeatureState(NamedTuple):
    """Scores and confidences are 0…1, rates beats or breaths a minute; `ts_us` is the node's clock.

    `mode` is the number of the capture profile, `quality_flags` the bits of `QualityFlag`; both
    stay numbers, so that what is not known yet is kept.
    """

    node_id: int
    mode: int
    seq: int
    ts_us: int
    motion_score: float = 0.0
    presence_score: float = 0.0
    respiration_bpm: float = 0.0
    respiration_conf: float = 0.0
    heartbeat_bpm: float = 0.0
    heartbeat_conf: float = 0.0
    anomaly_score: float = 0.0
    env_shift_score: float = 0.0
    node_coherence: float = 0.0
    quality_flags: int = 0


def encode_feature_state(state: FeatureState) -> bytes:
    """The 60 bytes, CRC-32 included. Raises ConfigError when a value does not fit its field."""
    try:
        body = _BODY.pack(MAGIC, *state, 0)
    except (struct.error, OverflowError) as e:
        raise ConfigError(f"a feature state does not fit its fields: {e}") from None
    return body + _CRC.pack(crc32(body))


def decode_feature_state(data: bytes | memoryview) -> FeatureState:
    """Read one feature state; bytes after its CRC are ignored.

    Raises DecodeError: too short, unknown magic, CRC mismatch.
    """
    if len(data) < SIZE:
        raise DecodeError(Refusal.TOO_SHORT, offset=len(data))
    values = LAYOUT.unpack_from(data)
    if values[0] != MAGIC:
        raise DecodeError(Refusal.BAD_MAGIC, offset=0)
    if values[16] != crc32(data[:56]):
        raise DecodeError(Refusal.CRC_MISMATCH, offset=56)
    return tuple.__new__(FeatureState, values[1:15])
