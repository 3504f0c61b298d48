"""Where mesh programs keep their keys and what must outlive them."""

import os
from pathlib import Path

from airsonde.core.errors import DriverError


def keys_folder() -> Path:
    """`airsonde/mesh-keys` in the user's configuration directory."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "airsonde" / "mesh-keys"


def state_folder(program: str) -> Path:
    """`airsonde/mesh/<program>` in the user's state directory."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "airsonde" / "mesh" / program


def make_private(folder: Path) -> None:
    """Make a folder that only its owner reads. Raises DriverError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as e:
        raise DriverError(f"cannot make the folder {folder}: {e.strerror}") from e
