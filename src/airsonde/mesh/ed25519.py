"""Ed25519 keys of class 2, by the `cryptography` package, which is loaded when one is used."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from airsonde.core.errors import ConfigError
from airsonde.mesh.auth import check_key_id
from airsonde.mesh.model import AuthClass
from airsonde.mesh.wire import Buffer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What verifies. Raises ConfigError when it is not 32 bytes."""

    key_id: int
    raw: bytes

    def __post_init__(self) -> None:
        check_key_id(self.key_id)
        _check(self.raw)

    @property
    def auth_class(self) -> AuthClass:
        return AuthClass.ED25519

    def holds(self, signed: Buffer, tag: bytes, /) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            _public(self.raw).verify(tag, bytes(signed))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """What signs: the 32-byte seed. Raises ConfigError when it is not 32 bytes."""

    key_id: int
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_key_id(self.key_id)
        _check(self.seed)

    @property
    def auth_class(self) -> AuthClass:
        return AuthClass.ED25519

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.key_id, _private(self.seed).public_key().public_bytes_raw())

    def sign(self, signed: bytes, /) -> bytes:
        return _private(self.seed).sign(signed)

    def holds(self, signed: Buffer, tag: bytes, /) -> bool:
        return self.public.holds(signed, tag)


def _check(raw: bytes) -> None:
    if len(raw) != KEY_BYTES:
        raise ConfigError(f"an Ed25519 key has {KEY_BYTES} bytes, not {len(raw)}")


@lru_cache(maxsize=8)
def _public(raw: bytes) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(raw)


@lru_cache(maxsize=8)
def _private(seed: bytes) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed)
