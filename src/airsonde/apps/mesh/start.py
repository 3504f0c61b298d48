"""Start a node or a coordinator from what its command line says; SIGINT and SIGTERM end it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airsonde.apps.mesh.coordinator import CoordinatorConfig, MeshCoordinator
from airsonde.apps.mesh.coordinator_daemon import CoordinatorDaemon
from airsonde.apps.mesh.endpoints import Membership, make_endpoint
from airsonde.apps.mesh.keys import MeshKeys
from airsonde.apps.mesh.memory import Memory
from airsonde.apps.mesh.node import MeshNode, NodeConfig
from airsonde.apps.mesh.node_daemon import NodeDaemon
from airsonde.apps.mesh.post import Neighbours, Post
from airsonde.apps.mesh.senses import SHAPE, CsiSenses
from airsonde.apps.mesh.status import write_status
from airsonde.core.errors import AirsondeError, DriverError
from airsonde.core.ids import NodeId
from airsonde.csi.calibration import Calibration
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Pipeline
from airsonde.drivers.transport.discovery import aclose_discovery, announce, find
from airsonde.drivers.transport.mesh_udp import MeshSocket
from airsonde.mesh.identity import Address
from airsonde.mesh.ports import RadioOps

_STATUS_S = 1.0
_SEARCH_S = 3.0
_Work = Coroutine[Any, Any, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What every mesh program is told; `group` is a multicast group, `seconds` None: no end."""

    listen: Address
    state: Path
    keys: MeshKeys
    membership: Membership
    neighbours: Neighbours
    node: NodeId | None = None
    group: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensing:
    """A node's own: its radio and the frames that it measures."""

    radio: RadioOps
    frames: AsyncIterator[list[FrameBatch]]
    number: int | None = None
    rate_hz: float | None = None
    calibration: Calibration | None = None


def run_node(program: Program, sensing: Sensing) -> None:
    """Raises AirsondeError when it cannot start, or fails later."""
    memory = Memory(program.state, program.node)
    number = memory.node[0] if sensing.number is None else sensing.number
    node = MeshNode(
        memory.node,
        NodeConfig(number=number, rate_hz=sensing.rate_hz),
        make_endpoint(program.keys, memory, program.membership),
    )
    senses = CsiSenses(Pipeline("mesh", shape=SHAPE, calibration=sensing.calibration))
    daemon = NodeDaemon(node, _post(program), sensing.radio, senses, memory)

    async def tell() -> None:
        while True:
            write_status(program.state, daemon.status())
            await asyncio.sleep(_STATUS_S)

    _run(program, daemon.run(sensing.frames), tell())


def run_coordinator(program: Program, config: CoordinatorConfig, *, announced: bool) -> None:
    """`announced`: to be found by mDNS. Raises AirsondeError when it cannot start, or fails."""
    memory = Memory(program.state, program.node)
    membership = program.membership
    if not membership.candidates:
        membership = Membership(
            candidates=(memory.node,),
            level=membership.level,
            take_unproven=membership.take_unproven,
        )
    endpoint = make_endpoint(program.keys, memory, membership)
    coordinator = MeshCoordinator(memory.node, endpoint, config)
    daemon = CoordinatorDaemon(coordinator, _post(program), memory, program.state)
    if announced:
        _run(program, daemon.run(), _announce(f"coordinator-{memory.node.hex()}", program.listen))
    else:
        _run(program, daemon.run())


def find_coordinators(host: str) -> list[Address]:
    """Who announces itself. Raises DriverError when nobody does."""
    found = asyncio.run(find(host, _SEARCH_S))
    if not found:
        raise DriverError(
            "no coordinator announces itself in this network; start one with --announce,"
            " or name it with --to"
        )
    return found


async def _announce(name: str, address: Address) -> None:
    opened = await announce(name, address)
    try:
        await asyncio.Event().wait()
    finally:
        await aclose_discovery(opened)


def _post(program: Program) -> Post:
    host, port = program.listen
    return Post(MeshSocket.bind(host, port, group=program.group), program.neighbours)


def _run(program: Program, *works: _Work) -> None:
    try:
        asyncio.run(_until_stopped(program.seconds, works))
    except* AirsondeError as group:  # the first of several says it all
        raise _first(group) from None


def _first(group: BaseExceptionGroup[AirsondeError]) -> AirsondeError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


async def _until_stopped(
    seconds: float | None, works: tuple[Coroutine[Any, Any, None], ...]
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(work) for work in works]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stopped.wait()
        for task in running:
            task.cancel()
