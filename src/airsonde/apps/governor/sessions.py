"""Games that users registered with GameMode, asked on the buses of their sessions."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.gamemode import follow_games, session_buses
from airsonde.drivers.linux.message_bus import Bus, load_library
from airsonde.drivers.linux.user_thread import as_user, may_act_as_others

SESSIONS_S = 30.0
RUNTIME_FOLDERS = Path("/run/user")

Told = Callable[[int | None], None]


async def follow_sessions(told: Told, folders: Path = RUNTIME_FOLDERS) -> None:
    """Tell the number of registered games over all sessions; None while no session can be asked.

    A session bus lets its own user in and nobody else: each is asked in that user's name. Raises
    UnsupportedError where that is not permitted.
    """
    load_library()
    games: dict[int, int] = {}
    tasks: dict[int, asyncio.Task[None]] = {}

    def noted(uid: int, count: int | None) -> None:
        if count is None:
            games.pop(uid, None)
        else:
            games[uid] = count
        told(sum(games.values()) if games else None)

    try:
        while True:
            for uid, address in _permitted(folders).items():
                if uid not in tasks or tasks[uid].done():
                    tasks[uid] = asyncio.create_task(_session(uid, address, partial(noted, uid)))
            await asyncio.sleep(SESSIONS_S)
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


def _permitted(folders: Path) -> dict[int, str]:
    """The session buses that this process may use, by user."""
    own, found = os.getuid(), session_buses(folders)
    if own == 0 and not may_act_as_others():
        raise UnsupportedError("games in GameMode are not seen: their users' buses need CAP_SETUID")
    return {uid: address for uid, address in found.items() if own in {0, uid}}


async def _session(uid: int, address: str, noted: Told) -> None:
    """Follow one session until it ends."""
    owner = asyncio.get_running_loop()

    async def follow() -> None:
        bus = await Bus.at(address)
        try:
            async for found in follow_games(bus):
                owner.call_soon_threadsafe(noted, len(found))
        finally:
            await bus.aclose()

    with suppress(DriverError):
        await as_user(uid, follow)
    noted(None)
