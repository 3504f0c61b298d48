"""Mesh keys as files: one a key, named by class and number, readable by their owner alone.

`hmac-<id>.key` and `ed25519-<id>.key` hold 64 hexadecimal digits of a secret, `ed25519-<id>.pub`
those of a public key. Of two secrets of a class the one that `signing` names signs. Whoever holds
an Ed25519 key of either kind wants channel plans and calibrations in class 2.
"""

import re
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from airsonde.apps.mesh.folders import make_private
from airsonde.core.errors import ConfigError, DriverError
from airsonde.drivers.linux.atomic_file import read_small, remove, replace
from airsonde.mesh.auth import HmacKey, Key, KeyRing, SigningKey
from airsonde.mesh.ed25519 import PrivateKey, PublicKey
from airsonde.mesh.model import AuthClass, MessageType

_NAME: Final = re.compile(r"(hmac|ed25519)-(\d{1,3})\.(key|pub)")
_SIGNING: Final = "signing"
_LARGEST: Final = 256
_SECRET_BYTES: Final = 32
_CLASSES: Final = {"hmac": AuthClass.HMAC, "ed25519": AuthClass.ED25519}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshKeys:
    """What a folder holds: `accepted` verifies, `signing` signs, the first of each class."""

    accepted: Sequence[Key] = ()
    signing: Sequence[SigningKey] = ()

    @property
    def ring(self) -> KeyRing:
        return KeyRing(self.accepted)

    @property
    def wants_ed25519(self) -> frozenset[MessageType]:
        """Messages that must come in class 2, where there are keys of that class."""
        if not any(key.auth_class is AuthClass.ED25519 for key in self.accepted):
            return frozenset()
        return frozenset({MessageType.CHANNEL_PLAN, MessageType.CALIBRATION_START})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What people may see of one key."""

    file: str
    key_id: int
    kind: str
    fingerprint: str
    signs: bool


@dataclass(slots=True)
class KeyFolder:
    """The keys of one machine."""

    path: Path
    _signing: dict[str, int] = field(default_factory=dict)

    def read(self) -> MeshKeys:
        """Raises ConfigError for a file that others may read, or that is no key."""
        self._signing = self._read_signing()
        accepted: list[Key] = []
        signing: list[SigningKey] = []
        for path, kind, number in self._files():
            raw = self._secret(path)
            if kind == "hmac":
                secret = HmacKey(number, raw)
                accepted.append(secret)
                signing.append(secret)
            elif path.suffix == ".key":
                private = PrivateKey(number, raw)
                accepted.append(private.public)
                signing.append(private)
            elif not path.with_suffix(".key").exists():
                accepted.append(PublicKey(number, raw))
        signing.sort(key=lambda key: (not self._signs(key), key.key_id))
        KeyRing(accepted)
        return MeshKeys(accepted=accepted, signing=signing)

    def require(self) -> MeshKeys:
        """The keys, at least one of class 1. Raises ConfigError with the remedy."""
        keys = self.read()
        if not any(key.auth_class is AuthClass.HMAC for key in keys.signing):
            raise ConfigError(
                f"there is no mesh key in {self.path}: `airsonde mesh keys generate` makes one;"
                " copy the folder to every machine of the mesh"
            )
        return keys

    def show(self) -> list[Shown]:
        self._signing = self._read_signing()
        return [self._shown(path, kind, number) for path, kind, number in self._files()]

    def generate(self, kind: str) -> Path:
        """A first key of a class. Raises ConfigError when there is one already."""
        if any(known == kind for _, known, _ in self._files()):
            raise ConfigError(
                f"{self.path} holds {kind} keys already; `airsonde mesh keys rotate` replaces one"
            )
        return self._add(kind, 1)

    def rotate(self, kind: str) -> str:
        """The next of three steps: add a second key, sign with it, drop the first one.

        Answers what was done and what must happen before the next step. Raises ConfigError when
        there is no secret of that class to rotate.
        """
        self._signing = self._read_signing()
        numbers = [n for path, k, n in self._files() if k == kind and path.suffix == ".key"]
        if not numbers:
            raise ConfigError(
                f"{self.path} holds no {kind} secret to rotate; `airsonde mesh keys generate`"
            )
        current = self._signing.get(kind, numbers[0])
        other = next((n for n in numbers if n != current), None)
        if other is None:
            added = self._add(kind, current % 255 + 1, signs=current)
            return f"added {added.name}: copy it to every machine, restart them, then rotate again"
        if other == current % 255 + 1:
            self._sign_with(kind, other)
            return f"{kind} key {other} signs now: rotate every machine so far, restart, then again"
        remove(self.path / f"{kind}-{other}.key")
        remove(self.path / f"{kind}-{other}.pub")
        return f"dropped {kind} key {other}: restart, and it is accepted no longer"

    def _add(self, kind: str, number: int, *, signs: int | None = None) -> Path:
        make_private(self.path)
        raw = secrets.token_bytes(_SECRET_BYTES)
        path = self.path / f"{kind}-{number}.key"
        replace(path, raw.hex().encode() + b"\n", mode=0o600)
        if kind == "ed25519":
            public = PrivateKey(number, raw).public.raw
            replace(path.with_suffix(".pub"), public.hex().encode() + b"\n", mode=0o600)
        self._sign_with(kind, number if signs is None else signs)
        return path

    def _sign_with(self, kind: str, number: int) -> None:
        self._signing = {**self._read_signing(), kind: number}
        lines = "".join(f"{name} {key_id}\n" for name, key_id in self._signing.items())
        replace(self.path / _SIGNING, lines.encode(), mode=0o600)

    def _read_signing(self) -> dict[str, int]:
        text = (read_small(self.path / _SIGNING, _LARGEST) or b"").decode(errors="replace")
        words = [line.split() for line in text.splitlines()]
        if not all(len(w) == 2 and w[0] in _CLASSES and w[1].isdecimal() for w in words):
            raise ConfigError(f"{self.path / _SIGNING} is damaged; remove it to sign with any key")
        return {kind: int(number) for kind, number in words}

    def _signs(self, key: SigningKey) -> bool:
        kind = next(name for name, c in _CLASSES.items() if c is key.auth_class)
        return self._signing.get(kind) == key.key_id

    def _files(self) -> list[tuple[Path, str, int]]:
        try:
            names = sorted(self.path.iterdir())
        except FileNotFoundError:
            return []
        except OSError as e:
            raise DriverError(f"cannot read {self.path}: {e.strerror}") from e
        found = [(path, m) for path in names if (m := _NAME.fullmatch(path.name))]
        return [(path, m[1], int(m[2])) for path, m in found]

    def _secret(self, path: Path) -> bytes:
        """The 32 bytes of one file."""
        content = read_small(path, _LARGEST)
        if path.suffix == ".key" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path} may be read by others; `chmod 600 {path}`")
        try:
            raw = bytes.fromhex((content or b"").decode("ascii"))
        except ValueError:
            raw = b""
        if len(raw) != _SECRET_BYTES:
            raise ConfigError(f"{path} is no mesh key; it should hold 64 hexadecimal digits")
        return raw

    def _shown(self, path: Path, kind: str, number: int) -> Shown:
        raw = self._secret(path)
        secret = path.suffix == ".key"
        if kind == "ed25519" and secret:  # both files of a pair show the same
            raw = PrivateKey(number, raw).public.raw
        return Shown(
            file=path.name,
            key_id=number,
            kind=kind,
            fingerprint=HmacKey(number, raw).fingerprint,
            signs=secret and self._signing.get(kind, number) == number,
        )
