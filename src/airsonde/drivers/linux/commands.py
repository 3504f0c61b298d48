"""Run a program and wait for it; find which driver an interface has."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from airsonde.core.errors import DriverError, UnsupportedError

_LONGEST_S: Final = 10.0
_SAID: Final = 200


class CommandRunner(Protocol):
    """Carries one command out."""

    async def __call__(self, command: Sequence[str], /) -> None: ...


async def run_command(command: Sequence[str], /) -> None:
    """Raises UnsupportedError where the program is not installed, DriverError when it fails."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
    except FileNotFoundError:
        raise UnsupportedError(f"there is no program {command[0]} on this machine") from None
    except OSError as e:
        raise DriverError(f"cannot run {command[0]}: {e.strerror}") from e
    try:
        async with asyncio.timeout(_LONGEST_S):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise DriverError(f"{command[0]} did not end within {_LONGEST_S:g} s") from None
    if process.returncode:
        reason = said.decode(errors="replace").strip()[:_SAID] or f"exit code {process.returncode}"
        raise DriverError(f"{' '.join(command[:2])} failed: {reason}")


def driver_of(ifname: str, sys: Path = Path("/sys")) -> str | None:
    """The kernel driver of a network interface; None where there is none, or no interface."""
    link = sys / "class" / "net" / ifname / "device" / "driver"
    try:
        return link.resolve(strict=True).name
    except (OSError, ValueError):
        return None
