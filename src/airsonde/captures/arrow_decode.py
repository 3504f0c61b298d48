"""Find the batches of an `.arrows.zst` file again, however it was damaged.

The file is a row of zstd frames: before each batch a skippable frame (RFC 8878 3.1.2) of 20
bytes says `ASND`, how many frames of CSI the batch has, how long it is, whether it ends a
stretch, and the CRC-32 of that. Any zstd tool decompresses the file to Arrow IPC streams, one
behind the other. A flipped bit costs its batch: the next one is found by its mark.
"""

from struct import Struct
from typing import Final
from zlib import crc32

from airsonde.captures.arrow_batch import BatchDecoder
from airsonde.captures.arrow_words import OriginWords
from airsonde.core.errors import DecodeError
from airsonde.csi.model import FrameBatch, Tally
from airsonde.csi.ports import Fed

_MARK: Final = Struct("<II4sIIII")
_MAGIC: Final = 0x184D2A5A
_NAME: Final = b"ASND"
START: Final = _MAGIC.to_bytes(4, "little") + (20).to_bytes(4, "little") + _NAME
LONGEST: Final = 12 << 20
_LARGEST: Final = 64 << 20
_ENDS_STRETCH: Final = 1
_CUT: Final = "cut short by the end of the file"


def mark(frames: int, length: int, *, ends_stretch: bool) -> bytes:
    """The skippable frame before a batch of `length` bytes."""
    flags = _ENDS_STRETCH if ends_stretch else 0
    head = _MARK.pack(_MAGIC, 20, _NAME, frames, length, flags, 0)[:-4]
    return head + crc32(head).to_bytes(4, "little")


def _read_mark(head: bytes) -> tuple[int, int, bool] | None:
    """Frames, length and whether a stretch ends; None when these bytes are no good mark."""
    if len(head) < _MARK.size or not head.startswith(START):
        return None
    *_, frames, length, flags, crc = _MARK.unpack_from(head)
    if crc != crc32(head[: _MARK.size - 4]) or length > LONGEST:
        return None
    return frames, length, bool(flags & _ENDS_STRETCH)


class ArrowDecoder:
    """Bytes of an `.arrows.zst` file in, batches out, a whole stretch at a time."""

    def __init__(self, source: str | None = None) -> None:
        import zstandard

        self.tally = Tally()
        self.warnings: list[str] = []
        self.origin: OriginWords | None = None
        self._batches = BatchDecoder(source)
        self._stretch: list[FrameBatch] = []
        self._lost = False
        self._zstd = zstandard.ZstdDecompressor()
        self._zstd_error = zstandard.ZstdError
        self._content_size = zstandard.frame_content_size

    @property
    def chip(self) -> str | None:
        return self.origin.chip if self.origin else None

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        """Decode every whole batch; those of an unfinished stretch wait."""
        out: list[FrameBatch] = []
        at = 0
        while at < len(data) and (final or len(data) - at >= _MARK.size):
            found = _read_mark(bytes(data[at : at + _MARK.size]))
            if found is None:
                at = self._resync(data, at, final=final)
                if data[at : at + len(START)] != START:
                    break
                continue
            self._lost = False
            frames, length, ends = found
            start = at + _MARK.size
            if start + length > len(data):
                if not final:
                    break
                self._cut(frames)
                at = len(data)
                break
            batch = data[start : start + length]
            at = start + (length if self._batch(batch, frames) else _next_mark(batch))
            if ends:
                out, self._stretch = out + self._stretch, []
        if final:
            out, self._stretch = out + self._stretch, []
        return Fed(out, at)

    def _batch(self, data: memoryview, frames: int) -> bool:
        """Decode one zstd frame into the stretch; False when it is damaged."""
        if not frames:
            return True
        try:
            sane = 0 <= self._content_size(data) <= _LARGEST
            batch = self._batches.decode(self._zstd.decompress(data)) if sane else None
        except (self._zstd_error, DecodeError):
            batch = None
        if batch is None or len(batch) != frames:
            self.tally.skip("damaged batch", frames)
            return False
        self.tally.decoded += frames
        self.origin = self.origin or self._batches.origin
        self._stretch.append(batch)
        return True

    def _resync(self, data: memoryview, at: int, *, final: bool) -> int:
        """Where the next mark may begin; counts the damage once."""
        block = bytes(data)
        if not self._lost:
            if final and len(block) - at < _MARK.size and START.startswith(block[at : at + 12]):
                self._cut(1)
                return len(block)
            self.tally.skip("damaged mark of a batch")
        self._lost = True
        found = block.find(START, at + 1)
        if found >= 0:
            return found
        return len(block) if final else max(at + 1, len(block) - len(START) + 1)

    def _cut(self, frames: int) -> None:
        self.tally.skip(_CUT, frames)
        self.warnings.append("the file ends inside a batch; everything before it was read")


def _next_mark(batch: memoryview) -> int:
    """Where to go on in a damaged batch: at a mark inside it, for bytes are missing then."""
    found = bytes(batch).find(START)
    return len(batch) if found < 0 else found
