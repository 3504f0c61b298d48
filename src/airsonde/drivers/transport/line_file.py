"""A file of lines that is added to, renamed when it is large enough, and begun anew."""

from collections.abc import Sequence
from pathlib import Path

from airsonde.drivers.transport.outputs import writing


class LineFile:
    """Holds nothing open. At most two files: `path`, and the one before, which ends in `.1`."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._path = path
        self._most_bytes = most_bytes

    def add(self, lines: Sequence[str]) -> None:
        """Write lines behind what is there. Raises DriverError when the disk refuses.

        A line that a crash cut short is ended first.
        """
        content = "".join(f"{line}\n" for line in lines).encode()
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.is_file() and self._path.stat().st_size >= self._most_bytes:
                self._path.replace(f"{self._path}.1")
            with self._path.open("a+b") as file:
                file.write(_ending(file.tell(), self._path) + content)


def _ending(size: int, path: Path) -> bytes:
    if size == 0:
        return b""
    with path.open("rb") as file:
        file.seek(-1, 2)
        return b"" if file.read(1) == b"\n" else b"\n"
