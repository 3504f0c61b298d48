"""Run a decoder over a file, block by block."""

from collections.abc import Iterator
from pathlib import Path

from airsonde.core.errors import DecodeError
from airsonde.csi.model import Family, FrameBatch, Tally
from airsonde.csi.ports import Decoder
from airsonde.drivers.transport.files import BLOCK_BYTES, BlockBuffer, opened


class StreamReader:
    """Reader for every format whose bytes can be decoded from front to back.

    Memory stays bounded by the block and the longest record, whatever the file's size.
    """

    def __init__(
        self, path: Path, family: Family, decoder: Decoder, block: int = BLOCK_BYTES
    ) -> None:
        self.path = path
        self.family = family
        self._decoder = decoder
        self._block = block

    @property
    def tally(self) -> Tally:
        return self._decoder.tally

    @property
    def chip(self) -> str | None:
        return self._decoder.chip

    @property
    def warnings(self) -> list[str]:
        return self._decoder.warnings

    def blocks(self) -> Iterator[list[FrameBatch]]:
        with opened(self.path) as file:
            buffer = BlockBuffer(file, self._block)
            while not buffer.at_end:
                data = buffer.fill()
                fed = self._decoder.feed(data, final=buffer.at_end)
                data.release()
                if fed.batches:
                    yield fed.batches
                if not buffer.keep_from(fed.consumed):
                    raise DecodeError(
                        f"{self.path}: no record ends within 16 MB; this is not such a capture",
                        offset=buffer.offset,
                    )
