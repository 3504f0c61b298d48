"""nexmon_csi datagrams to batches: many in one buffer, or one by one as they arrive."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import I64, U8, FrameBatch, Tally
from airsonde.csi.records import Records, groups_of, rows_of
from airsonde.radios.nexmon.chips import Encoding, chip_of_word
from airsonde.radios.nexmon.frames import Frames, lane_rows, to_batch
from airsonde.radios.nexmon.header import MAGIC, SHORTEST, Header, read_headers, subcarriers_of
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
        good = rows_of(self._good(Records(data, starts), sizes))
        records = Records(data, starts[good])
        parts = self._frames(records, sizes[good], t_ns[good], index[good])
        if self._soundings is not None:
            parts = [joined for part in parts for joined in self._soundings.join(part)]
        return self._batches(parts)

    def flush(self) -> list[FrameBatch]:
        """Frames of a last sounding that will not be completed."""
        return self._batches(self._soundings.flush() if self._soundings else [])

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

    def _frames(self, records: Records, sizes: I64, t_ns: I64, index: I64) -> list[Frames]:
        """Read the records, grouped by size and sample encoding."""
        parts = []
        for count, rows in groups_of(subcarriers_of(sizes)):
            equal = records.where(rows)
            header = read_headers(equal)
            for kind, own in groups_of(self._encodings(equal, header, count)):
                csi = read_samples(equal.where(own), count, _ENCODINGS[kind])
                shaped = csi.reshape(-1, 1, 1, count)
                times, numbers = t_ns[rows][own], index[rows][own]
                parts.append(Frames(header.where(own), shaped, numbers, times))
        return parts

    def _encodings(self, records: Records, header: Header, count: int) -> NDArray[np.int64]:
        """int64[n], index into the encodings: the chip's, or what the samples look like."""
        kinds = np.zeros(len(records), dtype=np.int64)
        for word, own in groups_of((header.shape >> np.uint64(32)).astype(np.int64)):
            chip = chip_of_word(word)
            self._chips.add(chip.slug if chip else None)
            if chip is not None and chip.encoding is not None:
                kinds[own] = _ENCODINGS.index(chip.encoding)
            else:
                kinds[own] = guess_encoding(records.where(own), count)
        return kinds

    def _batches(self, parts: list[Frames]) -> list[FrameBatch]:
        """Sort frames into lanes, numbered in the order in which they appear."""
        found = [(key, part.where(rows)) for part in parts for key, rows in lane_rows(part)]
        found.sort(key=lambda pair: int(pair[1].index[0]))
        return [
            to_batch(self._lanes.lane(key, partial(key.lane, source=self._source)), frames)
            for key, frames in found
        ]


def datagrams() -> NexmonDatagrams:
    """Decoder for live datagrams, many at a time."""
    return NexmonDatagrams()


def payloads() -> NexmonPayloads:
    """Decoder for live datagrams, one at a time."""
    return NexmonPayloads()
