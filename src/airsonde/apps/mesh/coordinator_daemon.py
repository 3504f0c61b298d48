"""A coordinator in the world: a socket, an event log, a status file, its memory."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from airsonde.apps.mesh.coordinator import MeshCoordinator
from airsonde.apps.mesh.coordinator_status import coordinator_status
from airsonde.apps.mesh.event_log import EventLog
from airsonde.apps.mesh.memory import Memory
from airsonde.apps.mesh.outgoing import Send
from airsonde.apps.mesh.post import Post
from airsonde.apps.mesh.status import write_status
from airsonde.drivers.transport.mesh_udp import Datagrams

EVENTS_FILE: Final = "events.jsonl"
_TICK_S: Final = 0.05
_STATUS_S: Final = 1.0
_SAVE_S: Final = 5.0

Told: TypeAlias = Callable[[Sequence[dict[str, Any]], dict[str, Any]], None]


class CoordinatorDaemon:
    """Runs until its task is cancelled; `told` is given once a second what happened and stands."""

    def __init__(
        self, coordinator: MeshCoordinator, post: Post, memory: Memory, folder: Path
    ) -> None:
        self.coordinator = coordinator
        self._post = post
        self._memory = memory
        self._folder = folder
        self._log = EventLog(folder / EVENTS_FILE)
        self.told: Told = _nobody

    async def run(self) -> None:
        """Raises DriverError when the socket or the disk fails."""
        self._post.begin(self._received)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tick())
                tasks.create_task(self._tell())
                tasks.create_task(self._remember())
        finally:
            self._save()
            self._post.end()

    def status(self) -> dict[str, Any]:
        socket = self._post.socket
        return {
            **coordinator_status(self.coordinator, time.monotonic_ns()),
            "socket": {
                "port": socket.port,
                "buffer_bytes": socket.buffer_bytes,
                "dropped_by_kernel": socket.lost,
                "too_long": socket.oversized,
                "unsent": self._post.unsent,
            },
        }

    def calibrate(self, room: str) -> int:
        """Let the nodes of a room calibrate; how many were told."""
        sends = self.coordinator.calibrate(room, time.monotonic_ns())
        self._post.send(sends)
        return len(sends)

    def _received(self, block: Datagrams, now_ns: int) -> Iterable[Send]:
        socket = self._post.socket
        out = self.coordinator.receive_block(
            block.data, block.sizes, block.peers, now_ns, socket.address
        )
        self._memory.note(self.coordinator.endpoint.replay.take_moved())
        return out

    async def _tick(self) -> None:
        while True:
            self._post.send(self.coordinator.tick(time.monotonic_ns()))
            await asyncio.sleep(_TICK_S)

    async def _tell(self) -> None:
        while True:
            happened, status = self.coordinator.happenings.take(), self.status()
            self._log.append(happened, time.monotonic_ns())
            write_status(self._folder, status)
            self.told(happened, status)
            await asyncio.sleep(_STATUS_S)

    async def _remember(self) -> None:
        while True:
            await asyncio.sleep(_SAVE_S)
            self._save()

    def _save(self) -> None:
        endpoint = self.coordinator.endpoint
        self._memory.save(
            boot_epoch=endpoint.signer.boot_epoch if endpoint.signer else self._memory.boot_epoch,
            epoch=endpoint.fence.epoch,
            marks=endpoint.replay.marks(),
        )


def _nobody(happened: Sequence[dict[str, Any]], status: dict[str, Any]) -> None:
    """Nobody listens."""
