"""What waits to go out of a sink: bounded, the oldest goes first, what went is counted."""

import asyncio
from collections import deque
from typing import Final, Generic, TypeVar

T = TypeVar("T")
_MOST: Final = 1000


class Waiting(Generic[T]):
    """A queue; putting never waits. What was taken stays until it is `done`."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._filled = asyncio.Event()
        self.sent = self.dropped = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        if len(self._items) >= _MOST:
            self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._filled.set()

    def wake(self) -> None:
        """End a `pause`, though there is nothing new."""
        self._filled.set()

    def take(self) -> list[T]:
        """Everything that waits, the oldest first."""
        return list(self._items)

    def done(self, item: T) -> None:
        """The oldest of what was taken has gone out, unless it was dropped meanwhile."""
        if self._items and self._items[0] is item:
            self._items.popleft()
            self.sent += 1

    async def pause(self, seconds: float) -> None:
        """Wait until something is put, no longer than this."""
        try:
            async with asyncio.timeout(seconds):
                await self._filled.wait()
        except TimeoutError:
            return
        finally:
            self._filled.clear()
