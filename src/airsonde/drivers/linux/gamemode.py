"""Games that registered with Feral's GameMode on a user's session bus."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airsonde.core.errors import UnsupportedError
from airsonde.drivers.linux.message_bus import Bus, OwnerChanged, Service

GAMEMODE = "com.feralinteractive.GameMode"
_PATH = "/com/feralinteractive/GameMode"
_MOST_GAMES = 100


def session_buses(folders: Path) -> dict[int, str]:
    """The addresses of the session buses of users who are logged in, by user.

    Raises UnsupportedError where their folders are hidden from this process.
    """
    try:
        names = [path.name for path in folders.iterdir()]
    except FileNotFoundError:
        return {}
    except OSError as e:
        raise UnsupportedError(
            f"games in GameMode are not seen: {folders} is hidden ({e.strerror})"
        ) from e
    users = sorted(int(name) for name in names if name.isdecimal())
    return {uid: f"unix:path={folders}/{uid}/bus" for uid in users}


async def games(bus: Bus) -> frozenset[int]:
    """Processes registered as games now; none where GameMode does not run. It is not started."""
    if await bus.owner(GAMEMODE) is None:
        return frozenset()
    try:
        answer = await bus.call_typed(GAMEMODE, _PATH, f"{GAMEMODE}.ListGames")
    except UnsupportedError:  # before GameMode 1.4, or it ended meanwhile
        return frozenset()
    match answer:
        case [list(found)]:
            return frozenset(game[0] for game in found[:_MOST_GAMES] if _is_game(game))
        case _:
            return frozenset()


def _is_game(told: Any) -> bool:
    """Any program of the user may claim to be GameMode, and say anything."""
    return isinstance(told, list | tuple) and len(told) == 2 and isinstance(told[0], int)


async def follow_games(bus: Bus) -> AsyncIterator[frozenset[int]]:
    """The registered games, at once and after each change.

    Raises a transient DriverError when the session ends.
    """
    async for item in Service(bus, GAMEMODE).follow():
        if isinstance(item, OwnerChanged) or item.member in {"GameRegistered", "GameUnregistered"}:
            yield await games(bus)
