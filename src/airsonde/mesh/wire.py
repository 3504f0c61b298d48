"""The envelope of a mesh message: 16-byte header, payload, CRC-32; what follows is not ours.

`u32 magic | u8 version | u8 type | u8 sender_role | u8 auth_class | u32 epoch | u16 payload_len |
u16 reserved`, little endian, then the payload and the CRC-32/IEEE of both.
"""

import struct
from zlib import crc32

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.mesh.model import AuthClass, MessageType, NodeRole, Refusal

MAGIC = 0xC511_8100
VERSION = 1
HEADER = struct.Struct("<IBBBBIHH")
HEADER_BYTES = HEADER.size
CRC_BYTES = 4
MAX_PAYLOAD = 256

_CRC = struct.Struct("<I")
ROLES = tuple(NodeRole)
CLASSES = tuple(AuthClass)
_TYPES = frozenset(int(kind) for kind in MessageType)

Buffer = bytes | memoryview


def seal(kind: int, role: int, auth_class: int, epoch: int, payload: bytes) -> bytes:
    """Header, payload and CRC. Raises ConfigError when a value does not fit its field."""
    if len(payload) > MAX_PAYLOAD:
        raise ConfigError(f"a payload of {len(payload)} bytes is longer than {MAX_PAYLOAD}")
    try:
        head = HEADER.pack(MAGIC, VERSION, kind, role, auth_class, epoch, len(payload), 0)
    except struct.error as e:
        raise ConfigError(f"a message of type {kind!r} does not fit its header: {e}") from None
    body = head + payload
    return body + _CRC.pack(crc32(body))


def unseal(data: Buffer) -> tuple[int, int, int, int, int]:
    """Type, role, auth class and epoch of one message, and where its payload ends.

    Bytes after the CRC are ignored. Checked in this order, each a DecodeError with its `Refusal`:
    length for header and CRC, magic, version, payload length, length again, CRC, type, role, auth
    class.
    """
    length = len(data)
    if length < HEADER_BYTES + CRC_BYTES:
        raise DecodeError(Refusal.TOO_SHORT, offset=length)
    magic, version, kind, role, auth, epoch, size, _ = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise DecodeError(Refusal.BAD_MAGIC, offset=0)
    if version != VERSION:
        raise DecodeError(Refusal.BAD_VERSION, offset=4)
    end = HEADER_BYTES + size
    if size > MAX_PAYLOAD:
        raise DecodeError(Refusal.PAYLOAD_TOO_LARGE, offset=12)
    if length < end + CRC_BYTES:
        raise DecodeError(Refusal.TOO_SHORT, offset=length)
    if _CRC.unpack_from(data, end)[0] != crc32(data[:end]):
        raise DecodeError(Refusal.CRC_MISMATCH, offset=end)
    if kind not in _TYPES or role >= len(ROLES) or auth >= len(CLASSES):
        raise _unknown(kind, role)
    return kind, role, auth, epoch, end


def _unknown(kind: int, role: int) -> DecodeError:
    """The first of type, role and auth class that nobody knows."""
    if kind not in _TYPES:
        return DecodeError(Refusal.UNKNOWN_TYPE, offset=5)
    if role >= len(ROLES):
        return DecodeError(Refusal.UNKNOWN_ROLE, offset=6)
    return DecodeError(Refusal.UNKNOWN_AUTH_CLASS, offset=7)
