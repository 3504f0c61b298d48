"""The SyncBeacon of the older time-division protocol (ADR-032): 16 bytes bare, 28 with a tag.

There is no magic: only the length tells the two apart. The tag is the first 8 bytes of
HMAC-SHA256(16-byte key, beacon and nonce).
"""

import struct
from dataclasses import dataclass, field
from hmac import compare_digest, digest
from typing import NamedTuple

from airsonde.core.errors import AuthError, ConfigError, DecodeError
from airsonde.mesh.model import Refusal
from airsonde.mesh.replay import Window
from airsonde.mesh.wire import Buffer

BARE_BYTES = 16
TAGGED_BYTES = 28
KEY_BYTES = 16
_TAG_BYTES = 8
_BEACON = struct.Struct("<QIh2x")
_FRAME = struct.Struct("<BI")
_FRAME_TYPES = range(1, 6)


class SyncBeacon(NamedTuple):
    cycle_id: int
    cycle_period_us: int
    drift_correction_us: int
    nonce: int | None = None
    tag: bytes = b""


def encode_beacon(beacon: SyncBeacon) -> bytes:
    """16 bytes, or 28 when it carries a nonce. Raises ConfigError when a value does not fit."""
    try:
        bare = _BEACON.pack(*beacon[:3])
        if beacon.nonce is None:
            return bare
        return bare + beacon.nonce.to_bytes(4, "little") + beacon.tag
    except (struct.error, OverflowError) as e:
        raise ConfigError(f"a beacon does not fit its fields: {e}") from None


def decode_beacon(data: Buffer) -> SyncBeacon:
    """Read a beacon of exactly 16 or 28 bytes; the tag is not verified."""
    if len(data) not in {BARE_BYTES, TAGGED_BYTES}:
        raise DecodeError(Refusal.BAD_PAYLOAD, offset=min(len(data), TAGGED_BYTES))
    cycle, period, drift = _BEACON.unpack_from(data)
    if len(data) == BARE_BYTES:
        return SyncBeacon(cycle, period, drift)
    return SyncBeacon(cycle, period, drift, int.from_bytes(data[16:20], "little"), bytes(data[20:]))


def sign_beacon(beacon: SyncBeacon, key: bytes, nonce: int) -> bytes:
    """28 bytes with the tag of `key`. Raises ConfigError when the key is not 16 bytes."""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"a beacon key has {KEY_BYTES} bytes, not {len(key)}")
    signed = encode_beacon(beacon._replace(nonce=nonce, tag=b""))
    return signed + digest(key, signed, "sha256")[:_TAG_BYTES]


@dataclass(slots=True)
class BeaconGate:
    """Accepts each beacon of one sender once: tag first, then a window over the nonces."""

    key: bytes = field(repr=False)
    _window: Window = field(default_factory=Window)

    def accept(self, data: Buffer) -> SyncBeacon:
        """The beacon. Raises AuthError: no tag, wrong tag, nonce seen before or too old."""
        beacon = decode_beacon(data)
        if beacon.nonce is None:
            raise AuthError(Refusal.UNAUTHENTICATED, offset=BARE_BYTES)
        if not compare_digest(digest(self.key, data[:20], "sha256")[:_TAG_BYTES], beacon.tag):
            raise AuthError(Refusal.BAD_TAG, offset=20)
        if not self._window.accept(beacon.nonce):
            raise AuthError(Refusal.REPLAYED, offset=16)
        return beacon


class StreamFrame(NamedTuple):
    """One unit of the reliable stream: 1 beacon, 2 CSI, 3 control, 4 heartbeat, 5 key rotation."""

    type: int
    payload: bytes


def encode_frame(frame: StreamFrame) -> bytes:
    return _FRAME.pack(frame.type, len(frame.payload)) + frame.payload


def decode_frame(data: Buffer) -> StreamFrame:
    """Read one whole frame. Raises DecodeError: too short, unknown type, length that differs."""
    if len(data) < _FRAME.size:
        raise DecodeError(Refusal.TOO_SHORT, offset=len(data))
    kind, size = _FRAME.unpack_from(data)
    if kind not in _FRAME_TYPES:
        raise DecodeError(Refusal.UNKNOWN_TYPE, offset=0)
    if len(data) != _FRAME.size + size:
        raise DecodeError(Refusal.BAD_PAYLOAD, offset=1)
    return StreamFrame(kind, bytes(data[_FRAME.size :]))
