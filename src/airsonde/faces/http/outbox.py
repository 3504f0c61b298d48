"""What goes to one client: at once while it reads; else it waits, bounded, the oldest is lost."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from airsonde.faces.http.wire import Wire

_MOST_TEXTS: Final = 256
_MOST_ROWS: Final = 256
_MOST_ROW_BYTES: Final = 2 << 20
_STALLED_S: Final = 40.0


class Outbox:
    """Frames of JSON before frames of rows; putting never waits. `sent` counts over all clients."""

    def __init__(self, wire: Wire, sent: Counter[str]) -> None:
        self._wire = wire
        self._sent = sent
        self._texts: deque[bytes] = deque()
        self._rows: deque[tuple[bytes, int]] = deque()
        self._row_bytes = 0
        self._filled = asyncio.Event()
        self.dropped_texts = self.dropped_rows = 0
        self._told_texts = self._told_rows = 0

    def put(self, frame: bytes) -> None:
        if self._flows():
            self._send(frame, "messages", 1)
            return
        if len(self._texts) >= _MOST_TEXTS:
            self._texts.popleft()
            self.dropped_texts += 1
        self._texts.append(frame)
        self._filled.set()

    def put_rows(self, frame: bytes, number: int) -> None:
        """Some rows in one frame."""
        if self._flows():
            self._send(frame, "rows", number)
            return
        self._rows.append((frame, number))
        self._row_bytes += len(frame)
        while len(self._rows) > _MOST_ROWS or self._row_bytes > _MOST_ROW_BYTES:
            gone, rows = self._rows.popleft()
            self._row_bytes -= len(gone)
            self.dropped_rows += rows
        self._filled.set()

    async def run(self, dropped: Callable[[int, int], bytes]) -> None:
        """Send what waits as it is taken; `dropped` makes the frame that tells what was lost.

        Raises TimeoutError when the client takes nothing for long.
        """
        while True:
            await self._filled.wait()
            async with asyncio.timeout(_STALLED_S):
                await self._wire.writable.wait()
            if (drops := self._fresh_drops()) is not None:
                self._send(dropped(*drops), "messages", 1)
            self._send_waiting()

    def _flows(self) -> bool:
        return not self._filled.is_set() and self._wire.writable.is_set()

    def _send_waiting(self) -> None:
        while self._wire.writable.is_set():
            if self._texts:
                self._send(self._texts.popleft(), "messages", 1)
            elif self._rows:
                frame, number = self._rows.popleft()
                self._row_bytes -= len(frame)
                self._send(frame, "rows", number)
            else:
                self._filled.clear()
                return

    def _send(self, frame: bytes, kind: str, number: int) -> None:
        self._wire.put_frame(frame)
        self._sent[kind] += number

    def _fresh_drops(self) -> tuple[int, int] | None:
        """Messages and rows dropped since this was asked before; None: none."""
        texts = self.dropped_texts - self._told_texts
        rows = self.dropped_rows - self._told_rows
        self._told_texts, self._told_rows = self.dropped_texts, self.dropped_rows
        return (texts, rows) if texts or rows else None
