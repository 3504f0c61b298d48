"""Act as another user: the kernel keeps credentials by thread, and one may give root's up."""

import asyncio
import ctypes
import os
import platform
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, Final

from airsonde.core.errors import DriverError, UnsupportedError

# setresuid(2) of programs with 64 bits; the C library's own would change every thread
_SETRESUID: Final = {"x86_64": 117, "aarch64": 147, "riscv64": 147}
_CAP_SETUID: Final = 1 << 7
_STOP_S: Final = 1.0

Work = Callable[[], Coroutine[Any, Any, None]]


def may_act_as_others() -> bool:
    """Whether this process holds CAP_SETUID, on a machine whose system call is known here."""
    status = Path("/proc/thread-self/status").read_text("ascii", "replace")
    held = int(status.partition("CapEff:")[2].split()[0], 16)
    return bool(held & _CAP_SETUID) and _setresuid() is not None


async def as_user(uid: int, work: Work) -> None:
    """Do work in a thread and an event loop of its own, as a user and with no right besides.

    Raises UnsupportedError where that is not permitted, and the DriverError that `work` raises.
    Cancelled, it cancels the work.
    """
    thread = _UserThread(uid, work)
    thread.start()
    try:
        await thread.ended
    finally:
        thread.stop()
        thread.join(_STOP_S)


class _UserThread(Thread):
    def __init__(self, uid: int, work: Work) -> None:
        super().__init__(name=f"user {uid}", daemon=True)
        self._uid = uid
        self._work = work
        self._owner = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False
        self.ended: asyncio.Future[None] = self._owner.create_future()

    def run(self) -> None:
        failure: DriverError | None = None
        try:
            _become(self._uid)
            with suppress(asyncio.CancelledError):
                asyncio.run(self._until_stopped())
        except DriverError as e:
            failure = e
        finally:
            with suppress(RuntimeError):  # the owner's loop is closed
                self._owner.call_soon_threadsafe(self._end, failure)

    def stop(self) -> None:
        self._stopped = True
        if self._task is not None:
            with suppress(RuntimeError):  # it ended, and its loop is closed
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    async def _until_stopped(self) -> None:
        self._task = asyncio.current_task()
        if not self._stopped:
            await self._work()

    def _end(self, failure: DriverError | None) -> None:
        if self.ended.done():
            return
        if failure is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(failure)


def _setresuid() -> int | None:
    """The number of the system call; None where it is not known."""
    return _SETRESUID.get(platform.machine()) if sys.maxsize > 1 << 32 else None


def _become(uid: int) -> None:
    """Take a user's number in this thread, for good."""
    if uid == os.getuid():
        return
    number = _setresuid()
    if number is not None:
        ctypes.CDLL(None).syscall(number, *[ctypes.c_uint(uid)] * 3)
    if os.getuid() != uid:
        raise UnsupportedError(f"this process may not act as user {uid} (CAP_SETUID)")
