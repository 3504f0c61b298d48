"""Read files in blocks of bounded size; say in one sentence what is wrong with a path."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from airsonde.core.errors import DriverError

BLOCK_BYTES = 1 << 20


def check_regular(path: Path) -> int:
    """Size of a regular file. Raises DriverError that names what the path is instead."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise DriverError(f"{path} does not exist") from None
    except OSError as e:
        raise DriverError(f"cannot look at {path}: {e.strerror}") from e
    if stat.S_ISDIR(status.st_mode):
        raise DriverError(f"{path} is a directory, not a capture; name a file in it")
    if not stat.S_ISREG(status.st_mode):
        kind = "a FIFO" if stat.S_ISFIFO(status.st_mode) else "a device or socket"
        raise DriverError(f"{path} is {kind}; copy what it delivers to a file, then open that")
    return status.st_size


@contextmanager
def opened(path: Path, *, buffered: bool = False) -> Iterator[BinaryIO]:
    """Open for reading (`buffered`: by lines); failures come as DriverError."""
    try:
        file: BinaryIO = path.open("rb", buffering=-1 if buffered else 0)
    except PermissionError:
        raise DriverError(f"{path} may not be read; check its owner and mode") from None
    except OSError as e:
        raise DriverError(f"cannot open {path}: {e.strerror}") from e
    with file:
        yield file


def read_head(path: Path, size: int) -> bytes:
    """First bytes of a file, at most `size`."""
    with opened(path) as file:
        return file.read(size)


class BlockBuffer:
    """One reusable buffer that a file is read through; the unused tail is carried forward."""

    def __init__(self, file: BinaryIO, block: int = BLOCK_BYTES, limit: int = 16 << 20) -> None:
        self._fd = file.fileno()
        self._block = block
        self._limit = limit
        self._bytes = bytearray(2 * block)
        self._kept = 0
        self.at_end = False
        self.offset = 0

    def fill(self) -> memoryview:
        """Read one more block behind what was kept. Raises DriverError when the disk fails."""
        need = self._kept + self._block
        if need > len(self._bytes):
            self._bytes = self._bytes + bytearray(need - len(self._bytes))
        view = memoryview(self._bytes)
        try:
            got = os.readv(self._fd, [view[self._kept : need]])
        except OSError as e:
            raise DriverError(f"reading failed: {e.strerror}", transient=True) from e
        self.at_end = got == 0
        self._kept += got
        return view[: self._kept]

    def keep_from(self, consumed: int) -> bool:
        """Carry what follows `consumed` to the front; False when it has outgrown the limit."""
        rest = self._kept - consumed
        if consumed:
            view = memoryview(self._bytes)
            view[:rest] = view[consumed : self._kept]
        self._kept = rest
        self.offset += consumed
        return rest <= self._limit
