"""Run a live source through the default pipeline."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from airsonde.csi.batches import by_lane
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Findings, Pipeline
from airsonde.csi.ports import DatagramDecoder
from airsonde.csi.signal import SignalLook
from airsonde.drivers.transport.blocks import LiveSource, PayloadBlock

LINGER_S: Final = 0.02  # frames are looked at together; events come that much later
_TICK_S: Final = 0.5
_MOST_HELD: Final = 2048


@dataclass(frozen=True, slots=True)
class Heard:
    """The frames of one block, and what they led to; without frames, what time alone did.

    A source without CSI has no frames: it gives looks at its signal.
    """

    batches: list[FrameBatch]
    findings: Findings
    signal: tuple[SignalLook, ...] = ()

    @property
    def number(self) -> int:
        """Frames, or samples of the signal."""
        return sum(map(len, self.batches)) + sum(look.samples for look in self.signal)

    @property
    def last_t_ns(self) -> int | None:
        """By the source's clock; None where nothing came."""
        times = [int(b.t_ns[-1]) for b in self.batches]
        return max([*times, *(look.motion.t_ns for look in self.signal)], default=None)


class LiveRun:
    """Receives, decodes, concludes, until it is cancelled or `stop` is called.

    Frames are shown at once, but looked at only when one of them may complete a window: that saves
    most of the work and delays nothing.
    """

    def __init__(self, source: LiveSource, decoder: DatagramDecoder, pipeline: Pipeline) -> None:
        self._source = source
        self._decoder = decoder
        self._pipeline = pipeline
        self._stopped = False
        self._behind_ns = 0  # how far the frames' clock is behind the host's
        self._held: list[FrameBatch] = []
        self._slot: int | None = None  # of the grid on which windows end

    def stop(self) -> None:
        """End soon, in order."""
        self._stopped = True

    async def heard(self) -> AsyncGenerator[Heard, None]:
        """What comes, as it comes. Raises DriverError when the source fails."""
        while not self._stopped:
            block = await self._next()
            if block is None:
                yield Heard([], self._look())
                yield Heard([], self._pipeline.advance(time.time_ns() - self._behind_ns))
                continue
            batches = self._decoder.decode_block(block.data, block.starts, block.sizes, block.t_ns)
            self._held += batches
            due = bool(batches) and self._due(batches, int(block.t_ns[-1]))
            yield Heard(batches, self._look() if due else Findings())
        yield Heard([], self._look())
        yield Heard([], self._pipeline.flush())

    def _due(self, batches: list[FrameBatch], received_ns: int) -> bool:
        """Whether a window may be complete, or too many frames wait."""
        latest_ns = max(int(b.t_ns.max()) for b in batches)
        self._behind_ns = received_ns - latest_ns
        slot, self._slot = self._slot, latest_ns // self._pipeline.windowing.grid_ns
        return slot != self._slot or sum(map(len, self._held)) >= _MOST_HELD

    def _look(self) -> Findings:
        """Conclude from the frames that wait."""
        held, self._held = self._held, []
        return self._pipeline.feed(by_lane(held)) if held else Findings()

    async def _next(self) -> PayloadBlock | None:
        try:
            async with asyncio.timeout(_TICK_S):
                return await self._source.receive()
        except TimeoutError:
            return None
