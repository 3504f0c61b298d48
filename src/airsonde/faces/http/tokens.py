"""Tokens: read from files that only their owner may read, compared in constant time."""

import hmac
import os
import re
import secrets
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from airsonde.core.errors import ConfigError, DriverError
from airsonde.drivers.linux.secret_file import read_secret

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,256}")


class Access(IntEnum):
    """What a request may do; the greater includes the lesser."""

    NONE = 0
    READ = 1
    WRITE = 2


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Tokens:
    """`read` is None where reading is open to everyone who gets through."""

    read: str | None
    write: str

    def access(self, offered: str | None) -> Access:
        """What somebody who offers this may do; each comparison takes the same time."""
        given = (offered or "").encode("utf-8", "surrogateescape")
        writes = hmac.compare_digest(given, self.write.encode())
        reads = hmac.compare_digest(given, (self.read or self.write).encode())
        if writes:
            return Access.WRITE
        if reads:
            return Access.READ
        return Access.READ if self.read is None and offered is None else Access.NONE


def read_token(path: Path) -> str:
    """The token in a file. Raises ConfigError when others may read it or it is no token."""
    token = read_secret(path)
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"{path} holds no token; write 16 to 256 letters, digits, '-' or '_', "
            f"for example with `openssl rand -hex 32 > {path}`"
        )
    return token


def kept_token(path: Path) -> str:
    """The token in a file; where there is none, a new one is made and kept."""
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "w") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
        except OSError as e:
            raise DriverError(f"cannot make the token file {path}: {e.strerror}") from e
    return read_token(path)
