"""Run a live source through the default pipeline."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Findings, Pipeline
from airsonde.csi.ports import DatagramDecoder
from airsonde.drivers.transport.blocks import LiveSource, PayloadBlock

LINGER_S: Final = 0.02  # frames are looked at together; events come that much later
_TICK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Heard:
    """The frames of one block, and what they led to; without frames, what time alone did."""

    batches: list[FrameBatch]
    findings: Findings


class LiveRun:
    """Receives, decodes, concludes, until it is cancelled or `stop` is called."""

    def __init__(self, source: LiveSource, decoder: DatagramDecoder, pipeline: Pipeline) -> None:
        self._source = source
        self._decoder = decoder
        self._pipeline = pipeline
        self._stopped = False
        self._behind_ns = 0  # how far the frames' clock is behind the host's

    def stop(self) -> None:
        """End soon, in order."""
        self._stopped = True

    async def heard(self) -> AsyncGenerator[Heard, None]:
        """What comes, as it comes. Raises DriverError when the source fails."""
        while not self._stopped:
            block = await self._next()
            if block is None:
                now_ns = time.time_ns() - self._behind_ns
                yield Heard([], self._pipeline.advance(now_ns))
                continue
            batches = self._decoder.decode_block(block.data, block.starts, block.sizes, block.t_ns)
            if batches:
                latest_ns = max(int(b.t_ns.max()) for b in batches)
                self._behind_ns = int(block.t_ns[-1]) - latest_ns
            yield Heard(batches, self._pipeline.feed(batches))
        yield Heard([], self._pipeline.flush())

    async def _next(self) -> PayloadBlock | None:
        try:
            async with asyncio.timeout(_TICK_S):
                return await self._source.receive()
        except TimeoutError:
            return None
