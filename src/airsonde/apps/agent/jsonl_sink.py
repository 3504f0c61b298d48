"""Writes what becomes known to a file of JSON lines, as a part of the agent."""

import asyncio
from typing import Final

from airsonde.apps.agent.hub import Hub, Notice, Told, Topic
from airsonde.apps.agent.sink_settings import JsonlSettings
from airsonde.apps.agent.waiting import Waiting
from airsonde.drivers.transport.line_file import LineFile

_PAUSE_S: Final = 60.0


class JsonlSink:
    """The messages of the stream, one a line."""

    def __init__(self, name: str, settings: JsonlSettings, hub: Hub) -> None:
        self.name = f"sinks.{name}"
        self.waiting: Waiting[str] = Waiting()
        self._topics = frozenset(map(Topic, settings.topics))
        self._file = LineFile(settings.path, round(settings.most_mb * 1e6))
        self._writing = asyncio.Lock()
        hub.join(self.take, own=True)

    def take(self, told: Told) -> None:
        if isinstance(told, Notice) and told.topic in self._topics:
            self.waiting.put(told.text)

    async def run(self) -> None:
        """Write what comes, until it is cancelled. Raises DriverError when the disk refuses."""
        try:
            while True:
                await asyncio.shield(self._write())
                await self.waiting.pause(_PAUSE_S)
        finally:
            await self._write()

    async def _write(self) -> None:
        async with self._writing:
            if lines := self.waiting.take():
                await asyncio.to_thread(self._file.add, lines)
            for line in lines:
                self.waiting.done(line)
