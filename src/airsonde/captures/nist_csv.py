"""The NIST BreatheSmart logs: real parts, imaginary parts and status in three CSV files.

The capture is the directory that holds one such triple, or any file of the triple.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.core.errors import DecodeError
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import Family, FrameBatch, Tally
from airsonde.drivers.transport.files import opened, read_head
from airsonde.radios.atheros.chips import CHIP
from airsonde.radios.atheros.nist import (
    COLUMNS,
    STATUS_COLUMNS,
    NistFrame,
    nist_batches,
    nist_frame,
)

_KINDS = {
    "_csi_real_log.csv": COLUMNS,
    "_csi_imag_log.csv": COLUMNS,
    "_csi_status_log.csv": STATUS_COLUMNS,
}
_LONGEST_LINE = 1 << 16
_ROWS = 256


class NistReader:
    """Reader of one triple, row by row in step; a row that one file lacks is skipped."""

    family = Family.ATHEROS

    def __init__(self, triple: tuple[Path, ...], source: str) -> None:
        self.tally = Tally()
        self.chip: str | None = CHIP
        self.warnings: list[str] = []
        self._triple = triple
        self._source = source
        self._lanes = LaneBook()

    def blocks(self) -> Iterator[list[FrameBatch]]:
        with ExitStack() as stack:
            files = [stack.enter_context(opened(path, buffered=True)) for path in self._triple]
            frames: list[NistFrame] = []
            for frame in self._frames(files):
                frames.append(frame)
                if len(frames) == _ROWS:
                    yield nist_batches(frames, self._lanes, self._source)
                    frames = []
            if frames:
                yield nist_batches(frames, self._lanes, self._source)

    def _frames(self, files: list[BinaryIO]) -> Iterator[NistFrame]:
        number = 0
        while any(rows := [self._row(file, number) for file in files]):
            whole = all(rows)
            frame = nist_frame(number, *rows) if whole else "row is missing in one of the files"
            if isinstance(frame, str):
                self.tally.skip(frame)
            else:
                self.tally.decoded += 1
                yield frame
            number += 1

    def _row(self, file: BinaryIO, number: int) -> bytes:
        line = file.readline(_LONGEST_LINE)
        if len(line) == _LONGEST_LINE:
            raise DecodeError("a line is longer than 64 KB; this is no such log", offset=number + 1)
        return line


def _triple(path: Path) -> tuple[Path, ...] | None:
    """The three files that belong together, from their directory or one of them."""
    if path.is_dir():
        found = sorted(path.glob("*_csi_status_log.csv"))
        return _triple(found[0]) if len(found) == 1 else None
    for kind in _KINDS:
        if path.name.endswith(kind):
            stem = path.name.removesuffix(kind)
            triple = tuple(path.with_name(stem + other) for other in _KINDS)
            return triple if all(file.is_file() for file in triple) else None
    return None


def _matches(head: Head) -> bool:
    triple = _triple(head.path)
    if triple is None:
        return False
    return all(
        read_head(file, _LONGEST_LINE).partition(b"\n")[0].count(b",") == columns - 1
        for file, columns in zip(triple, _KINDS.values(), strict=True)
    )


def _reader(path: Path, options: OpenOptions) -> Reader:
    triple = _triple(path)
    if triple is None:
        names = ", ".join(f"*{kind}" for kind in _KINDS)
        raise DecodeError(f"{path} is not, or does not hold, one triple of {names}")
    return NistReader(triple, options.source or path.name)


FORMATS = (
    CaptureFormat(name="nist-csv", suffixes=(), matches=_matches, reader=_reader, directory=True),
)
