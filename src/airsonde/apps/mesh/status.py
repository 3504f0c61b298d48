"""How a running mesh program stands, as a file that it writes anew every second."""

import json
import time
from pathlib import Path
from typing import Any, Final

from airsonde.core.errors import DecodeError, DriverError
from airsonde.drivers.linux.atomic_file import read_small

FILE: Final = "status.json"
_LARGEST: Final = 64 << 20
_STALE_S: Final = 5.0


def write_status(folder: Path, status: dict[str, Any]) -> None:
    """Found whole or not at all; not worth bringing to the disk. Raises DriverError."""
    path = folder / FILE
    fresh = folder / f".{FILE}.new"
    try:
        fresh.write_text(json.dumps({"written_s": time.time(), **status}, allow_nan=False))
        fresh.replace(path)
    except OSError as e:
        raise DriverError(f"cannot write {path}: {e.strerror}", transient=True) from e


def read_status(folder: Path) -> dict[str, Any]:
    """The last status. Raises DriverError when nobody writes one there now."""
    path = folder / FILE
    content = read_small(path, _LARGEST)
    if content is None:
        raise DriverError(
            f"no mesh program writes its status to {folder}; start one, or name its --state"
        )
    try:
        status: dict[str, Any] = json.loads(content)
        age_s = time.time() - float(status.pop("written_s"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DecodeError(f"{path} is no status of a mesh program") from None
    if age_s > _STALE_S:
        raise DriverError(f"the program that wrote {path} stopped {age_s:.0f} s ago; start it")
    return status
