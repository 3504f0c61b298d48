"""Run a node or a coordinator as a program; SIGINT and SIGTERM end it."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from airsonde.apps.mesh.compose import Program, Sensing, make_coordinator, make_node
from airsonde.apps.mesh.coordinator import CoordinatorConfig
from airsonde.apps.mesh.status import write_status
from airsonde.core.errors import AirsondeError, DriverError
from airsonde.drivers.transport.discovery import aclose_discovery, announce, find
from airsonde.mesh.identity import Address

_STATUS_S: Final = 1.0
_SEARCH_S: Final = 3.0
_Work = Coroutine[Any, Any, None]


def run_node(program: Program, sensing: Sensing) -> None:
    """Raises AirsondeError when it cannot start, or fails later."""
    daemon = make_node(program, sensing)

    async def tell() -> None:
        while True:
            write_status(program.state, daemon.status())
            await asyncio.sleep(_STATUS_S)

    _run(program, daemon.run(sensing.frames), tell())


def run_coordinator(program: Program, config: CoordinatorConfig, *, announced: bool) -> None:
    """`announced`: to be found by mDNS. Raises AirsondeError when it cannot start, or fails."""
    daemon = make_coordinator(program, config)
    if announced:
        name = daemon.coordinator.node.hex()
        _run(program, daemon.run(), stay_announced(name, program.listen))
    else:
        _run(program, daemon.run())


def find_coordinators(host: str) -> list[Address]:
    """`coordinators_near`, from outside an event loop."""
    return asyncio.run(coordinators_near(host))


async def coordinators_near(host: str) -> list[Address]:
    """Who announces itself. Raises DriverError when nobody does."""
    found = await find(host, _SEARCH_S)
    if not found:
        raise DriverError(
            "no coordinator announces itself in this network; start one with --announce,"
            " or name it with --to"
        )
    return found


async def stay_announced(node: str, address: Address) -> None:
    """Let nodes find a coordinator by mDNS, until this is cancelled."""
    opened = await announce(f"coordinator-{node}", address)
    try:
        await asyncio.Event().wait()
    finally:
        await aclose_discovery(opened)


def first_error(group: BaseExceptionGroup[AirsondeError]) -> AirsondeError:
    """Of several failures at once the first says it all."""
    inner = group.exceptions[0]
    return first_error(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _run(program: Program, *works: _Work) -> None:
    try:
        asyncio.run(_until_stopped(program.seconds, works))
    except* AirsondeError as group:
        raise first_error(group) from None


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
