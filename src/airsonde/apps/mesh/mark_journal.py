"""What was accepted since the memory was saved, so that a program that is killed forgets nothing.

Records are only handed to the kernel: they outlive the program, and not a power cut.
"""

import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from airsonde.core.errors import DriverError
from airsonde.core.ids import NodeId
from airsonde.mesh.replay import Mark

_RECORD: Final = struct.Struct("<8sII")
_LARGEST: Final = 64 << 20


class MarkJournal:
    """One file of 16-byte records: sender, boot epoch, highest counter. Raises DriverError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as e:
            raise DriverError(f"cannot open {path}: {e.strerror}") from e

    def read(self) -> list[Mark]:
        """Every record; the last one may have been cut short, and is left out then."""
        try:
            data = os.pread(self._file, _LARGEST, 0)
        except OSError as e:
            raise DriverError(f"cannot read {self._path}: {e.strerror}") from e
        whole = data[: len(data) - len(data) % _RECORD.size]
        return [
            Mark(sender=NodeId(sender), boot_epoch=boot, highest=highest)
            for sender, boot, highest in _RECORD.iter_unpack(whole)
        ]

    def append(self, marks: Iterable[Mark]) -> None:
        data = b"".join(_RECORD.pack(m.sender, m.boot_epoch, m.highest) for m in marks)
        try:
            if data and os.write(self._file, data) != len(data):
                raise DriverError(f"cannot write {self._path}: the disk is full")
        except OSError as e:
            raise DriverError(f"cannot write {self._path}: {e.strerror}") from e

    def clear(self) -> None:
        """What it held was saved elsewhere."""
        try:
            os.ftruncate(self._file, 0)
        except OSError as e:
            raise DriverError(f"cannot clear {self._path}: {e.strerror}") from e
