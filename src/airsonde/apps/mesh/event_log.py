"""An event log: JSON lines that are only ever appended; a full file is kept as one older one."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from airsonde.apps.mesh.folders import make_private
from airsonde.core.errors import DriverError

MOST_BYTES: Final = 16 << 20


class EventLog:
    """`path` never holds more than `most_bytes`; `path.1` is what it held before."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        make_private(path.parent)
        self.path = path
        self._most = most_bytes
        self._size = path.stat().st_size if path.exists() else 0

    def append(self, entries: Iterable[dict[str, Any]], now_ns: int) -> None:
        """Add entries, whose `t_ns` is of the monotonic clock, of which now is `now_ns`.

        Raises DriverError when the disk refuses.
        """
        unix_ns = time.time_ns() - now_ns
        lines = [_line(entry, unix_ns) for entry in entries]
        if not lines:
            return
        data = b"".join(lines)
        try:
            if self._size and self._size + len(data) > self._most:
                self.path.replace(self.path.with_name(f"{self.path.name}.1"))
                self._size = 0
            with self.path.open("ab") as file:
                file.write(data)
        except OSError as e:
            raise DriverError(f"cannot write {self.path}: {e.strerror}", transient=True) from e
        self._size += len(data)


def _line(entry: dict[str, Any], unix_ns: int) -> bytes:
    words = dict(entry)
    at = datetime.fromtimestamp((words.pop("t_ns") + unix_ns) / 1e9, UTC)
    stamp = at.isoformat(timespec="milliseconds")
    return json.dumps({"at": stamp, **words}).encode() + b"\n"
