"""Arrow captures (`.arrows.zst`): every column of every lane, fast, and safe against power cuts."""

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from airsonde.captures.arrow_batch import BatchEncoder
from airsonde.captures.arrow_decode import START, ArrowDecoder, mark
from airsonde.captures.arrow_words import OriginWords, origin_words
from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Origin
from airsonde.captures.stream import StreamReader
from airsonde.csi.batches import by_lane, take
from airsonde.csi.model import Family, FrameBatch
from airsonde.drivers.transport.outputs import AtomicFile, writing

_STRONG: Final = -10  # zstd levels; the small values of 8-bit chips shrink to a half
_QUICK: Final = -100  # noise of 16 bits does not
_NONE: Final = -131_072  # float32: repeats cost more time to find than they save bytes
_SAMPLE_BYTES: Final = 1 << 14
_WORTH: Final = 0.9
_STRETCH_BYTES: Final = 1 << 20  # of complex64


class _Stretches:
    """Bytes of the file: a stretch is one batch a lane, each in its own zstd frame."""

    def __init__(self, origin: Origin) -> None:
        import zstandard

        self._encoder = BatchEncoder(origin_words(origin))
        self._strong, self._quick, self._none = (
            zstandard.ZstdCompressor(level=level, write_checksum=True)
            for level in (_STRONG, _QUICK, _NONE)
        )

    def encode(self, batches: Sequence[FrameBatch]) -> list[bytes]:
        """One stretch, in pieces. Lanes keep their order."""
        lanes = by_lane(batches)
        parts = []
        for at, batch in enumerate(lanes, 1):
            table = self._encoder.encode(batch)
            data = self._compressed(table, as_int16=len(table) < batch.csi.nbytes)
            parts += [mark(len(batch), len(data), ends_stretch=at == len(lanes)), data]
        return parts

    def _compressed(self, table: bytes, *, as_int16: bool) -> bytes:
        if not as_int16:
            return self._none.compress(table)
        sample = table[len(table) // 2 :][:_SAMPLE_BYTES]
        pays = len(self._strong.compress(sample)) < _WORTH * len(sample)
        return (self._strong if pays else self._quick).compress(table)


class ArrowWriter:
    """Writes one capture in stretches of about a megabyte; the name appears at `close`."""

    def __init__(self, path: Path, origin: Origin) -> None:
        self._stretches = _Stretches(origin)
        self._waiting: list[FrameBatch] = []
        self._file = AtomicFile(path)
        self._file.write(mark(0, 0, ends_stretch=True))

    def write(self, batches: Sequence[FrameBatch]) -> None:
        self._waiting += batches
        if _size(self._waiting) >= _STRETCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        for part in _cut(self._waiting):
            self._file.write(*self._stretches.encode(part))
        self._waiting = []

    def close(self) -> None:
        self._flush()
        self._file.close()

    def abort(self) -> None:
        self._file.abort()


class ArrowRecorder:
    """Writes a live recording straight to its name: every `write` is a stretch in the file.

    After a power cut the file reads up to the last whole batch. With `fsync` every stretch is on
    the disk before the next one begins.
    """

    def __init__(self, path: Path, origin: Origin, *, fsync: bool = False) -> None:
        self._stretches = _Stretches(origin)
        self._path = path
        self._fsync = fsync
        with writing(path):
            self._file = path.open("xb")
        self._append(mark(0, 0, ends_stretch=True))

    def write(self, batches: Sequence[FrameBatch]) -> None:
        if batches:
            self._append(b"".join(self._stretches.encode(batches)))

    def _append(self, data: bytes) -> None:
        with writing(self._path):
            self._file.write(data)
            self._file.flush()
            if self._fsync:
                os.fsync(self._file.fileno())

    def close(self) -> None:
        with writing(self._path):
            self._file.close()

    def abort(self) -> None:
        """Keep what is written: a recording is never thrown away."""
        self.close()


class ArrowReader(StreamReader):
    """One pass; family and origin are those of the first good batch."""

    def __init__(self, path: Path, options: OpenOptions) -> None:
        origin = _origin(path)
        self.notes: Mapping[str, str] = origin.notes if origin else {}
        self.session = origin.session if origin else 0
        family = origin.family if origin else Family.UNKNOWN
        super().__init__(path, family, ArrowDecoder(options.source))


def _origin(path: Path) -> OriginWords | None:
    """What the first good batch says; None in a capture without any."""
    decoder = ArrowDecoder()
    for _ in StreamReader(path, Family.UNKNOWN, decoder).blocks():
        if decoder.origin is not None:
            break
    return decoder.origin


def _size(batches: Sequence[FrameBatch]) -> int:
    return sum(b.csi.nbytes for b in batches)


def _cut(batches: Sequence[FrameBatch]) -> list[Sequence[FrameBatch]]:
    """Stretches of bounded size, cut between frames in the order of `index`."""
    count = -(-_size(batches) // (2 * _STRETCH_BYTES))
    if count <= 1:
        return [batches] if batches else []
    index = np.sort(np.concatenate([b.index for b in batches]))
    borders = [index[at * len(index) // count] for at in range(1, count)]
    stretches = []
    for low, high in pairwise([index[0], *borders, index[-1] + 1]):
        parts = [(b, (b.index >= low) & (b.index < high)) for b in batches]
        stretches.append([take(b, rows) for b, rows in parts if rows.any()])
    return [s for s in stretches if s]


def _matches(head: Head) -> bool:
    return head.data.startswith(START)


FORMATS = (
    CaptureFormat(
        name="arrow",
        suffixes=(".arrows.zst",),
        matches=_matches,
        reader=ArrowReader,
        writer=ArrowWriter,
        recorder=ArrowRecorder,
    ),
)
