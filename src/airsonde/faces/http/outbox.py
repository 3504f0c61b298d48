"""What waits to be sent to one client: bounded, the oldest goes first, what went is counted."""

import asyncio
from collections import deque
from typing import Final

_MOST_TEXTS: Final = 256
_MOST_ROWS: Final = 256
_MOST_ROW_BYTES: Final = 2 << 20


class Outbox:
    """Two queues, one of JSON and one of rows; putting never waits."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque()
        self._rows: deque[tuple[bytes, int]] = deque()
        self._row_bytes = 0
        self._filled = asyncio.Event()
        self.dropped_texts = self.dropped_rows = 0
        self._told_texts = self._told_rows = 0

    def put(self, text: str) -> None:
        if len(self._texts) >= _MOST_TEXTS:
            self._texts.popleft()
            self.dropped_texts += 1
        self._texts.append(text)
        self._filled.set()

    def put_rows(self, data: bytes, number: int) -> None:
        """Some rows as one message."""
        self._rows.append((data, number))
        self._row_bytes += len(data)
        while len(self._rows) > _MOST_ROWS or self._row_bytes > _MOST_ROW_BYTES:
            gone, rows = self._rows.popleft()
            self._row_bytes -= len(gone)
            self.dropped_rows += rows
        self._filled.set()

    def fresh_drops(self) -> tuple[int, int] | None:
        """Messages and rows dropped since this was asked before; None: none."""
        texts = self.dropped_texts - self._told_texts
        rows = self.dropped_rows - self._told_rows
        self._told_texts, self._told_rows = self.dropped_texts, self.dropped_rows
        return (texts, rows) if texts or rows else None

    async def take(self) -> str | bytes:
        """The next message, JSON before rows."""
        while True:
            if self._texts:
                return self._texts.popleft()
            if self._rows:
                data, _ = self._rows.popleft()
                self._row_bytes -= len(data)
                return data
            self._filled.clear()
            await self._filled.wait()
