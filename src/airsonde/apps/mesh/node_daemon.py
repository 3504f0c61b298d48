"""A node in the world: frames to its senses, datagrams to its mesh, orders to its radio."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any, Final

from airsonde.apps.mesh.memory import Memory
from airsonde.apps.mesh.node import MeshNode, Output
from airsonde.apps.mesh.origin import origin_word
from airsonde.apps.mesh.outgoing import Send
from airsonde.apps.mesh.post import Post
from airsonde.apps.mesh.raw_frames import raw_frames
from airsonde.apps.mesh.senses import CsiSenses
from airsonde.core.errors import DriverError
from airsonde.csi.model import FrameBatch
from airsonde.drivers.transport.mesh_udp import Datagrams
from airsonde.mesh.model import NodeState, radio_mode
from airsonde.mesh.observation import EnterState, RadioHealth, SetChannel, SetProfile
from airsonde.mesh.ports import RadioOps

_TICK_S: Final = 0.05
_SAVE_S: Final = 5.0
_RADIO_S: Final = 0.2
_MOST_ORDERS: Final = 64


class NodeDaemon:
    """Runs until its task is cancelled; `refused` is what its radio last said no to."""

    def __init__(
        self, node: MeshNode, post: Post, radio: RadioOps, senses: CsiSenses, memory: Memory
    ) -> None:
        self.node = node
        self.refused: str | None = None
        self._post = post
        self._radio = radio
        self._senses = senses
        self._memory = memory
        self._health = RadioHealth(open=False)
        self._orders: asyncio.Queue[SetProfile | SetChannel] = asyncio.Queue(_MOST_ORDERS)

    async def run(self, frames: AsyncIterator[list[FrameBatch]]) -> None:
        """Raises DriverError when the radio or the source of frames fails for good."""
        try:
            await self._radio.open()
            self._post.socket.stamp()
            self._post.begin(self._received)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._feed(frames))
                tasks.create_task(self._tick())
                tasks.create_task(self._command())
                tasks.create_task(self._look_at_radio())
                tasks.create_task(self._remember())
        finally:
            self._save()
            self._post.end()
            await self._radio.aclose()

    def status(self) -> dict[str, Any]:
        """How the node stands, for people."""
        node, now_ns = self.node, time.monotonic_ns()
        estimate, radio = node.clock.estimate(now_ns), self._joined()
        return {
            "node": node.node.hex(),
            "origin": origin_word(node.config.origin),
            "state": node.state.name.lower(),
            "role": node.role.name.lower(),
            "coordinator": node.leader.hex() if node.leader else None,
            "clock_offset_us": estimate.offset_ns / 1000 if estimate else None,
            "clock_error_us": estimate.error_ns / 1000 if estimate else None,
            "channel": radio.channel,
            "pkt_yield": radio.pkt_yield,
            "profile": node.controller.fast.profile.name.lower(),
            "raw_csi_open": node.raw.is_open(now_ns),
            "epoch": node.endpoint.fence.epoch,
            "level": node.endpoint.policy.level.value,
            "authenticated": node.endpoint.signer is not None,
            "refused": dict(node.endpoint.refused),
            "radio_refused": self.refused,
            "dropped_by_kernel": self._post.socket.lost,
        }

    def _received(self, block: Datagrams, _: int) -> Iterable[Send]:
        out: list[Output] = []
        for data, peer, t_ns in self._post.socket.singly(block):
            out += self.node.receive(data, peer, t_ns)
        self._memory.note(self.node.endpoint.replay.take_moved())
        return self._carry_out(out)

    async def _feed(self, frames: AsyncIterator[list[FrameBatch]]) -> None:
        async for batches in frames:
            now_ns = time.monotonic_ns()
            self._senses.feed(batches, now_ns)
            if self.node.raw.is_open(now_ns):
                for frame in raw_frames(batches, self.node.config.number):
                    self._post.send(self.node.send_raw(frame, now_ns))

    async def _tick(self) -> None:
        while True:
            self._post.send(self.node.sync(time.monotonic_ns()))
            now_ns = time.monotonic_ns()
            senses = self._senses.sense(now_ns)
            self._post.send(self._carry_out(self.node.tick(now_ns, senses, self._joined())))
            await asyncio.sleep(_TICK_S)

    def _joined(self) -> RadioHealth:
        """What the radio says of itself, filled up with what its frames tell."""
        told, heard = self._health, self._senses.heard
        names = ("pkt_yield", "channel", "bw_mhz", "rssi_median_dbm")
        missing = {n: getattr(heard, n) for n in names if getattr(told, n) is None}
        return replace(told, **missing)

    def _carry_out(self, outputs: Iterable[Output]) -> list[Send]:
        """Give orders to the radio, and what is left to the post."""
        sends: list[Send] = []
        for output in outputs:
            match output:
                case Send():
                    sends.append(output)
                case EnterState(state):
                    if state is NodeState.CALIBRATION:
                        self._senses.recalibrate()
                case SetProfile() | SetChannel():
                    if not self._orders.full():
                        self._orders.put_nowait(output)
        return sends

    async def _command(self) -> None:
        """Orders to the radio, one after the other; a refusal is kept and changes nothing."""
        while True:
            order = await self._orders.get()
            try:
                match order:
                    case SetProfile(profile):
                        await self._radio.set_mode(radio_mode(profile))
                        await self._radio.set_profile(profile)
                    case SetChannel(channel, bw_mhz):
                        await self._radio.set_channel(channel, bw_mhz)
            except DriverError as e:
                self.refused = str(e)

    async def _look_at_radio(self) -> None:
        while True:
            self._health = await self._radio.health()
            await asyncio.sleep(_RADIO_S)

    async def _remember(self) -> None:
        while True:
            await asyncio.sleep(_SAVE_S)
            self._save()

    def _save(self) -> None:
        endpoint = self.node.endpoint
        self._memory.save(
            boot_epoch=endpoint.signer.boot_epoch if endpoint.signer else self._memory.boot_epoch,
            epoch=endpoint.fence.epoch,
            marks=endpoint.replay.marks(),
        )
