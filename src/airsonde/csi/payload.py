"""One live payload at a time, for families whose records are the same in files."""

from collections.abc import Callable

from airsonde.core.errors import DecodeError
from airsonde.csi.batches import with_time
from airsonde.csi.model import FrameBatch
from airsonde.csi.ports import Decoder


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
