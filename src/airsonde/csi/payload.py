"""Live payloads: one at a time by way of a record decoder, or many in one buffer, one by one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from airsonde.core.errors import DecodeError
from airsonde.csi.batches import concatenate, with_time
from airsonde.csi.model import I64, U8, FrameBatch, Tally
from airsonde.csi.ports import Decoder, PayloadDecoder


class RecordPayloads:
    """Decode one record a call; lanes keep their numbers from call to call."""

    def __init__(self, make_decoder: Callable[[], Decoder]) -> None:
        self._decoder = make_decoder()

    def decode(self, data: bytes, t_ns: int) -> FrameBatch:
        """Decode exactly one record; `t_ns` replaces the record's own time.

        Raises DecodeError with the reason when the bytes are not one whole good record.
        """
        before = self._decoder.tally.skipped.copy()
        batches = self._decoder.feed(memoryview(data), final=True).batches
        if len(batches) != 1 or len(batches[0]) != 1:
            new = self._decoder.tally.skipped - before
            reason = next(iter(new), "not exactly one record")
            raise DecodeError(f"payload of {len(data)} bytes: {reason}")
        return with_time(batches[0], t_ns)


class SinglePayloads:
    """A block decoder for families that decode one payload at a time.

    Frames are numbered by payload; those of one lane in one block become one batch.
    """

    def __init__(self, payloads: PayloadDecoder) -> None:
        self.tally = Tally()
        self.chip: str | None = None
        self._payloads = payloads

    def decode_block(self, data: U8, starts: I64, sizes: I64, t_ns: I64) -> list[FrameBatch]:
        """Decode n payloads at `starts` with `sizes` (int64[n]) received at `t_ns` (int64[n])."""
        by_lane: dict[int, list[FrameBatch]] = {}
        for start, size, t in zip(starts.tolist(), sizes.tolist(), t_ns.tolist(), strict=True):
            number = self.tally.records
            try:
                frame = self._payloads.decode(data[start : start + size].tobytes(), t)
            except DecodeError as e:
                self.tally.skip(e.reason)
                continue
            self.tally.decoded += 1
            self.chip = frame.lane.chip
            frame = replace(frame, index=np.full(len(frame), number, dtype=np.int64))
            by_lane.setdefault(frame.lane.number, []).append(frame)
        return [concatenate(frames) for frames in by_lane.values()]
