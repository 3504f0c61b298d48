"""nexmon_csi datagrams to batches: many in one buffer, or one by one as they arrive."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import I64, U8, FrameBatch, Tally
from airsonde.csi.records import ALL, Records, Rows, groups_of, rows_of
from airsonde.radios.nexmon.chips import Encoding, chip_of_word
from airsonde.radios.nexmon.frames import (
    Frames,
    Heads,
    LaneKey,
    lane_rows,
    read_heads,
    sorted_out,
    to_batch,
)
from airsonde.radios.nexmon.header import BYTES, CHIP, MAGIC, SHORTEST, subcarriers_of
from airsonde.radios.nexmon.payload import NexmonPayloads
from airsonde.radios.nexmon.samples import guess_encoding, read_samples
from airsonde.radios.nexmon.soundings import Soundings, Words

_ENCODINGS = tuple(Encoding)


class NexmonDatagrams:
    """Decode blocks of datagrams; bad ones are counted, never raised.

    With `words`, the records of one sounding (a core and stream each, in that order) become one
    frame of several chains; `flush` gives out what was held back for that.
    """

    def __init__(self, source: str = "nexmon", words: Words | None = None) -> None:
        self.tally = Tally()
        self._chips: set[str | None] = set()
        self._source = source
        self._lanes = LaneBook()
        self._soundings = Soundings(words) if words else None

    @property
    def chip(self) -> str | None:
        """Slug of the chip, when every frame so far names the same known one."""
        return next(iter(self._chips)) if len(self._chips) == 1 else None

    def decode_block(
        self, data: U8, starts: I64, sizes: I64, t_ns: I64, index: I64 | None = None
    ) -> list[FrameBatch]:
        """Decode n payloads at `starts` with `sizes` (int64[n]) received at `t_ns` (int64[n]).

        `index` (int64[n]) numbers the records; without it they are counted.
        """
        if index is None:
            index = np.arange(len(starts)) + self.tally.records
        records = Records(data, starts)
        good = rows_of(self._good(records, sizes))
        records = records.where(good)
        found: list[tuple[LaneKey, Frames]] = []
        for part in self._parts(records, sizes[good], index[good], t_ns[good]):
            found += part.lanes() if self._soundings is None else self._joined(part.frames())
        return self._batches(found)

    def flush(self) -> list[FrameBatch]:
        """Frames of a last sounding that will not be completed."""
        if self._soundings is None:
            return []
        return self._batches([f for rest in self._soundings.flush() for f in sorted_out(rest)])

    def _joined(self, frames: Frames) -> list[tuple[LaneKey, Frames]]:
        assert self._soundings is not None  # noqa: S101  (asked by the caller)
        return [f for joined in self._soundings.join(frames) for f in sorted_out(joined)]

    def _good(self, records: Records, sizes: I64) -> NDArray[np.bool_]:
        good = sizes >= SHORTEST
        long_enough = rows_of(good)
        marked = records.where(long_enough).column(0, "<u2") == MAGIC
        good[long_enough] = marked
        decoded, short = int(marked.sum()), len(sizes) - len(marked)
        self.tally.decoded += decoded
        self.tally.skip("too short for 64 subcarriers", short)
        self.tally.skip("no nexmon_csi magic", len(marked) - decoded)
        return np.asarray(good, dtype=bool)

    def _parts(self, records: Records, sizes: I64, index: I64, t_ns: I64) -> Iterator["_Part"]:
        """Group the records by size and sample encoding, and read their headers."""
        for count, rows in groups_of(subcarriers_of(sizes)):
            equal, numbers, times = records.where(rows), index[rows], t_ns[rows]
            for kind, own in groups_of(self._encodings(equal, count)):
                mine, encoding = equal.where(own).evened(BYTES + 4 * count), _ENCODINGS[kind]
                heads = read_heads(mine, count, encoding, numbers[own], times[own])
                yield _Part(mine, heads, count, encoding)

    def _encodings(self, records: Records, count: int) -> NDArray[np.int64]:
        """int64[n], index into the encodings: the chip's, or what the samples look like."""
        kinds = np.zeros(len(records), dtype=np.int64)
        for word, own in groups_of(records.column(CHIP, "<u2")):
            chip = chip_of_word(word)
            self._chips.add(chip.slug if chip else None)
            if chip is not None and chip.encoding is not None:
                kinds[own] = _ENCODINGS.index(chip.encoding)
            else:
                kinds[own] = guess_encoding(records.where(own), count)
        return kinds

    def _batches(self, found: list[tuple[LaneKey, Frames]]) -> list[FrameBatch]:
        """Give frames their lanes, numbered in the order in which they appear."""
        found.sort(key=lambda pair: int(pair[1].heads.index[0]))
        return [
            to_batch(self._lanes.lane(key, partial(key.lane, source=self._source)), frames)
            for key, frames in found
        ]


@dataclass(frozen=True, slots=True)
class _Part:
    """Records of one size and encoding whose samples are not read yet."""

    records: Records
    heads: Heads
    count: int
    encoding: Encoding

    def lanes(self) -> Iterator[tuple[LaneKey, Frames]]:
        for key, rows in lane_rows(self.heads, self.count):
            yield key, self.frames(rows)

    def frames(self, rows: Rows = ALL) -> Frames:
        csi = read_samples(self.records.where(rows), self.count, self.encoding)
        return Frames(self.heads.where(rows), csi.reshape(-1, 1, 1, self.count))


def datagrams() -> NexmonDatagrams:
    """Decoder for live datagrams, many at a time."""
    return NexmonDatagrams()


def payloads() -> NexmonPayloads:
    """Decoder for live datagrams, one at a time."""
    return NexmonPayloads()
