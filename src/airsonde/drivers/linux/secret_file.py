"""Secrets in files that nobody but their owner may read."""

import os
import stat
from pathlib import Path
from typing import Final

from airsonde.core.errors import ConfigError, DriverError

_LARGEST: Final = 1024


def read_secret(path: Path) -> str:
    """The text of a file without the space around it; what is not UTF-8 becomes U+FFFD.

    Raises DriverError where it cannot be read, ConfigError where others may read it, or it is empty
    or larger than 1 kB.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(_LARGEST + 1)
    except OSError as e:
        raise DriverError(f"cannot read the secret in {path}: {e.strerror}") from e
    if mode & 0o077:
        raise ConfigError(f"{path} may be read by others; `chmod 600 {path}`")
    if len(content) > _LARGEST or not content.strip():
        raise ConfigError(f"{path} holds no secret; write one line of at most {_LARGEST} bytes")
    return content.decode("utf-8", "replace").strip()
