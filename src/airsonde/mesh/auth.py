"""The auth trailer behind the CRC: who sent a message, and that nobody changed it.

`"AUTH" | u8 version | u8 key_id | u16 length | u8[8] sender | u32 boot_epoch | u32 counter | tag`,
little endian; `length` is that of the whole trailer. The tag covers everything before it, from the
first byte of the datagram: HMAC-SHA256 cut to 16 bytes (class 1) or Ed25519, 64 bytes (class 2).
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple, Protocol

from airsonde.core.errors import AuthError, ConfigError
from airsonde.core.ids import NodeId
from airsonde.mesh.model import NODE_ID_BYTES, U32, AuthClass, Refusal
from airsonde.mesh.wire import Buffer

MAGIC = b"AUTH"
VERSION = 1
HMAC_TAG_BYTES = 16
ED25519_TAG_BYTES = 64
LEAST_SECRET_BYTES = 16
MOST_KEYS = 2
_BLOCK_BYTES = 64  # of SHA-256

_HEAD = struct.Struct("<4sBBH8sII")
HEAD_BYTES = _HEAD.size
_CLASS_BY_LENGTH = {
    HEAD_BYTES + HMAC_TAG_BYTES: AuthClass.HMAC,
    HEAD_BYTES + ED25519_TAG_BYTES: AuthClass.ED25519,
}
_LENGTH_BY_CLASS = {kind: length for length, kind in _CLASS_BY_LENGTH.items()}


class Trailer(NamedTuple):
    """A trailer that was read; its tag is not verified yet."""

    auth_class: AuthClass
    key_id: int
    sender: NodeId
    boot_epoch: int
    counter: int
    tag: bytes


class Key(Protocol):
    """One key of a ring; `key_id` is 0…255."""

    @property
    def key_id(self) -> int: ...
    @property
    def auth_class(self) -> AuthClass: ...
    def holds(self, signed: Buffer, tag: bytes, /) -> bool:
        """Whether `tag` belongs to `signed`, in a time that does not depend on the tag."""


class SigningKey(Key, Protocol):
    def sign(self, signed: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class HmacKey:
    """A secret that all nodes share. Raises ConfigError when it is shorter than 16 bytes.

    HMAC (RFC 2104) hashes the padded secret before each message, twice; copies of the two states
    that this leads to take half the time of `hmac.digest`, which begins anew.
    """

    key_id: int
    secret: bytes = field(repr=False)
    _inner: "hashlib._Hash" = field(init=False, repr=False, compare=False)
    _outer: "hashlib._Hash" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_key_id(self.key_id)
        if len(self.secret) < LEAST_SECRET_BYTES:
            raise ConfigError(f"a mesh key has at least {LEAST_SECRET_BYTES} bytes")
        short = self.secret if len(self.secret) <= _BLOCK_BYTES else sha256(self.secret).digest()
        padded = short.ljust(_BLOCK_BYTES, b"\0")
        object.__setattr__(self, "_inner", sha256(bytes(b ^ 0x36 for b in padded)))
        object.__setattr__(self, "_outer", sha256(bytes(b ^ 0x5C for b in padded)))

    @property
    def auth_class(self) -> AuthClass:
        return AuthClass.HMAC

    @property
    def fingerprint(self) -> str:
        """Sixteen digits by which people compare keys without showing them."""
        return sha256(b"airsonde mesh key" + self.secret).hexdigest()[:16]

    def sign(self, signed: Buffer, /) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(signed)
        outer.update(inner.digest())
        return outer.digest()[:HMAC_TAG_BYTES]

    def holds(self, signed: Buffer, tag: bytes, /) -> bool:
        return compare_digest(self.sign(signed), tag)


class KeyRing:
    """The keys that are accepted: of each class at most two, so that keys can be rotated."""

    def __init__(self, keys: Sequence[Key] = ()) -> None:
        """Raises ConfigError for three keys of a class and for a key id given twice in one."""
        self._keys = {(key.auth_class, key.key_id): key for key in keys}
        if len(self._keys) != len(keys):
            raise ConfigError("two mesh keys have the same id")
        for kind in AuthClass:
            if sum(key.auth_class is kind for key in keys) > MOST_KEYS:
                raise ConfigError(f"at most {MOST_KEYS} mesh keys are accepted at once")

    def verify(self, data: Buffer, trailer: Trailer) -> None:
        """Check the tag of a datagram that ends with `trailer`.

        Raises AuthError: unknown key, wrong tag.
        """
        key = self._keys.get((trailer.auth_class, trailer.key_id))
        if key is None:
            raise AuthError(Refusal.UNKNOWN_KEY)
        if not key.holds(data[: len(data) - len(trailer.tag)], trailer.tag):
            raise AuthError(Refusal.BAD_TAG, offset=len(data) - len(trailer.tag))


@dataclass(slots=True)
class Signer:
    """Signs for one node; no counter is used twice within a boot epoch.

    When the counters of a boot epoch are used up the next one begins: `boot_epoch` must be
    persisted whenever it grows.
    """

    node: NodeId
    boot_epoch: int
    keys: Sequence[SigningKey]
    _counter: int = 0

    def __post_init__(self) -> None:
        if len(self.node) != NODE_ID_BYTES:
            raise ConfigError(f"a node id has {NODE_ID_BYTES} bytes, not {len(self.node)}")
        if not 0 < self.boot_epoch <= U32:
            raise ConfigError("a boot epoch is 1 or more, one higher at each start")

    def sign(self, unit: bytes, auth_class: AuthClass) -> bytes:
        """`unit` with its trailer. Raises ConfigError when there is no key of that class."""
        key = next((k for k in self.keys if k.auth_class is auth_class), None)
        if key is None:
            raise ConfigError(f"there is no {auth_class.name} key to sign with")
        if self._counter == U32:
            self.boot_epoch, self._counter = self.boot_epoch + 1, 0
        self._counter += 1
        length = _LENGTH_BY_CLASS[auth_class]
        head = (MAGIC, VERSION, key.key_id, length, self.node, self.boot_epoch, self._counter)
        signed = unit + _HEAD.pack(*head)
        return signed + key.sign(signed)


def parse_trailer(data: Buffer, begin: int) -> Trailer | None:
    """The trailer that begins at `begin`; None where other bytes, or none, stand there.

    Raises AuthError when it does not fill the rest of the datagram or has another version.
    """
    if data[begin : begin + len(MAGIC)] != MAGIC:
        return None
    size = len(data) - begin
    if size not in _CLASS_BY_LENGTH:
        raise AuthError(Refusal.BAD_TRAILER, offset=begin)
    _, version, key_id, length, sender, boot_epoch, counter = _HEAD.unpack_from(data, begin)
    if version != VERSION or length != size:
        raise AuthError(Refusal.BAD_TRAILER, offset=begin + len(MAGIC))
    tag = bytes(data[begin + HEAD_BYTES :])
    return Trailer(_CLASS_BY_LENGTH[size], key_id, sender, boot_epoch, counter, tag)


def check_key_id(key_id: int) -> None:
    """Raises ConfigError when it does not fit its byte."""
    if not 0 <= key_id <= 255:
        raise ConfigError(f"a key id is 0 to 255, not {key_id}")
