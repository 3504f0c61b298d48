"""The frames of one of the agent's sources, as a mesh node takes them: on one clock, forever."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from airsonde.csi.calibration import lane_key
from airsonde.csi.model import FrameBatch

_MOST_BLOCKS: Final = 64
_GAP_NS: Final = 10_000_000


class MeshFeed:
    """`take` never waits; what a node is too slow for goes, the oldest first.

    Sessions follow each other: their clocks go on, their lanes keep their numbers.
    """

    def __init__(self) -> None:
        self._blocks: asyncio.Queue[list[FrameBatch]] = asyncio.Queue(_MOST_BLOCKS)
        self._lanes: dict[str, int] = {}
        self._session: int | None = None
        self._shift_ns = self._end_ns = 0
        self._begun = self._frames = 0

    def take(self, session: int, batches: Sequence[FrameBatch]) -> None:
        """What came of a source."""
        if not batches:
            return
        if session != self._session:
            self._begin(session, min(int(b.t_ns.min()) for b in batches))
        if self._blocks.full():
            self._blocks.get_nowait()
        self._blocks.put_nowait([self._joined(batch) for batch in batches])

    async def frames(self) -> AsyncIterator[list[FrameBatch]]:
        """Blocks as they come."""
        while True:
            yield await self._blocks.get()

    def _begin(self, session: int, first_ns: int) -> None:
        begun = self._session is not None
        self._session, self._begun = session, self._frames
        self._shift_ns = max(0, self._end_ns + _GAP_NS - first_ns) if begun else 0

    def _joined(self, batch: FrameBatch) -> FrameBatch:
        number = self._lanes.setdefault(lane_key(batch.lane), len(self._lanes))
        t_ns, index = batch.t_ns + self._shift_ns, batch.index + self._begun
        self._end_ns = max(self._end_ns, int(t_ns.max()))
        self._frames = max(self._frames, int(index.max()) + 1)
        return replace(batch, lane=replace(batch.lane, number=number), t_ns=t_ns, index=index)
