"""The daemon's local socket: one JSON object a line in, one out; it can be read, not commanded."""

import asyncio
import grp
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from airsonde.core.errors import ConfigError, DriverError
from airsonde.drivers.linux.atomic_file import refusal

NAME: Final = "governor.sock"
LINE_BYTES: Final = 4096
ANSWER_BYTES: Final = 8 << 20
PATIENCE_S: Final = 5.0
MOST_CLIENTS: Final = 16
MOST_WAITING: Final = 256

Answer = Callable[[str], Any]


class StatusSocket:
    """Answers `{"ask": …}`; `{"ask": "observations"}` is answered by every one from then on."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self._path = path
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._followers: set[asyncio.Queue[bytes]] = set()
        self._clients: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, folder: Path, group: str, answer: Answer) -> Self:
        """Listen; only root and `group` may connect. Raises DriverError, ConfigError."""
        listening = cls(folder / NAME, answer)
        bound = _bound(listening._path, _gid(group) if group else None)
        listening._server = await asyncio.start_unix_server(
            listening._met, sock=bound, limit=LINE_BYTES
        )
        return listening

    @property
    def followed(self) -> bool:
        return bool(self._followers)

    def tell(self, line: bytes) -> None:
        """Give a line to whoever follows; one who reads too slowly misses it."""
        for waiting in self._followers:
            if not waiting.full():
                waiting.put_nowait(line)

    async def aclose(self) -> None:
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.cancel()
        if self._clients:
            await asyncio.wait(self._clients)
        with suppress(OSError):
            self._path.unlink()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a coroutine runs in a task)
        if len(self._clients) >= MOST_CLIENTS:
            writer.close()
            return
        self._clients.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, ValueError, TimeoutError, asyncio.CancelledError):
            pass  # it went away, said too much, or the daemon ends
        finally:
            self._clients.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(PATIENCE_S):
            line = await reader.readline()
        asked = _asked(line)
        if asked == "observations":
            await self._follow(writer)
            return
        writer.write(msgspec.json.encode(self._answer(asked)) + b"\n")
        async with asyncio.timeout(PATIENCE_S):
            await writer.drain()

    async def _follow(self, writer: asyncio.StreamWriter) -> None:
        waiting: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self._followers.add(waiting)
        try:
            while True:
                writer.write(await waiting.get())
                async with asyncio.timeout(PATIENCE_S):
                    await writer.drain()
        finally:
            self._followers.discard(waiting)


def _bound(path: Path, gid: int | None) -> socket.socket:
    """A socket that only root, and the group where one is named, may open."""
    opened = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.parent.chmod(0o755)
        path.unlink(missing_ok=True)
        opened.bind(str(path))
        if gid is not None:
            os.chown(path, -1, gid)
            path.chmod(0o660)
    except OSError as e:
        opened.close()
        raise refusal("open", path, e) from e
    finally:
        os.umask(before)
    return opened


def _asked(line: bytes) -> str:
    """What a line asks for; nothing known for anything that is no question."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    asked = told.get("ask") if isinstance(told, dict) else None
    return asked if isinstance(asked, str) else ""


def _gid(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ConfigError(f"there is no group {group!r} for governor.socket_group") from None


async def told(folder: Path, question: str) -> dict[str, Any]:
    """One answer of a running daemon within five seconds. Raises DriverError where none runs."""
    line = await _told_line(folder / NAME, question)
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise DriverError("the daemon hung up; see `journalctl -u airsonde`") from None
    if not isinstance(answer, dict):
        raise DriverError(f"{folder / NAME} is no socket of airsonde")
    return answer


def ask(folder: Path, question: str) -> dict[str, Any]:
    """As `told`, for who has no loop."""
    return asyncio.run(told(folder, question))


async def follow(folder: Path) -> AsyncIterator[bytes]:
    """Observations as trace lines, from now until the daemon ends. Raises DriverError."""
    try:
        reader, writer = await asyncio.open_unix_connection(folder / NAME, limit=ANSWER_BYTES)
    except OSError as e:
        raise _absent(folder / NAME, e) from e
    try:
        writer.write(b'{"ask": "observations"}\n')
        while line := await reader.readline():
            yield line
    finally:
        writer.close()


async def _told_line(path: Path, question: str) -> bytes:
    """A line, or nothing where the daemon says none in time."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(path, limit=ANSWER_BYTES)
    except (OSError, TimeoutError) as e:
        raise _absent(path, e) from e
    try:
        async with asyncio.timeout(PATIENCE_S):
            writer.write(json.dumps({"ask": question}).encode() + b"\n")
            return await reader.readline()
    except (OSError, ValueError, TimeoutError):
        return b""
    finally:
        writer.close()


def _absent(path: Path, error: OSError) -> DriverError:
    if isinstance(error, PermissionError):
        return DriverError(f"{path} may not be read; run as root, or set governor.socket_group")
    remedy = "start it with `systemctl start airsonde`, install it with `airsonde link install`"
    return DriverError(f"no governor runs; {remedy}")
