"""Receive lines from a serial port in blocks; an unplugged device is waited for."""

import asyncio
import os
import time
from typing import Any, Self

import numpy as np

from airsonde.core.errors import ConfigError, DriverError
from airsonde.drivers.transport.blocks import PayloadBlock

_READ_BYTES = 1 << 16
_LONGEST_LINE = 1 << 16
_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 8.0


class SerialSource:
    """Lines of one port, without their ends; empty ones are left out.

    When the device goes away it is opened again, at first after 0.25 s, at most after 8 s. A line
    longer than 64 kB is dropped and counted in `lost`, and so is the half line of an interruption.
    """

    def __init__(self, path: str, baud: int) -> None:
        self._path = path
        self._baud = baud
        self._port = _opened(path, baud)
        self._rest = b""
        self._dropping = False
        self._wait_s = _FIRST_WAIT_S
        self._next_try_s: float | None = None
        self.lost: int | None = 0
        self.reconnects = 0

    @classmethod
    def open(cls, path: str, baud: int) -> Self:
        """Open a port. Raises DriverError that says why it cannot be, ConfigError for the baud."""
        return cls(path, baud)

    @property
    def name(self) -> str:
        return f"serial:{self._path}"

    async def receive(self) -> PayloadBlock:
        """Wait for whole lines; at least one is returned.

        Cancelling it loses nothing, not even the place in the waits for a device that is gone.
        """
        while True:
            try:
                await self._readable()
                fresh = self._read()
            except OSError:
                fresh = b""
            if not fresh:  # readable without a byte: the line was hung up
                await self._reopen()
            elif len(block := _block(self._lines(fresh))):
                return block

    def take(self) -> PayloadBlock:
        """The whole lines that are there now: none where the device is gone."""
        try:
            return _block(self._lines(self._read()))
        except OSError:
            return _block([])

    def _read(self) -> bytes:
        return os.read(self._port.fileno(), _READ_BYTES)

    def _lines(self, fresh: bytes) -> list[bytes]:
        *lines, rest = (self._rest + fresh).split(b"\n")
        if lines and self._dropping:
            lines, self._dropping = lines[1:], False
        if len(rest) > _LONGEST_LINE:
            if not self._dropping:
                self.lost = (self.lost or 0) + 1
            rest, self._dropping = b"", True
        self._rest = rest
        return [line.rstrip(b"\r") for line in lines if line.strip()]

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        fd = self._port.fileno()
        loop.add_reader(fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(fd)

    async def _reopen(self) -> None:
        """Open the port again, waiting longer each time; gives up only for lasting reasons."""
        now = asyncio.get_running_loop().time
        if self._next_try_s is None:
            self._let_go()
            self._wait_s = _FIRST_WAIT_S
            self._next_try_s = now() + self._wait_s
        while self._next_try_s is not None:
            await asyncio.sleep(self._next_try_s - now())
            try:
                self._port = _opened(self._path, self._baud)
            except DriverError as e:
                if not e.transient:
                    raise
                self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)
                self._next_try_s = now() + self._wait_s
            else:
                self._next_try_s = None
                self.reconnects += 1

    def _let_go(self) -> None:
        self._port.close()
        if self._rest:
            self._rest, self.lost = b"", (self.lost or 0) + 1

    async def aclose(self) -> None:
        self._port.close()


def _opened(path: str, baud: int) -> Any:
    try:
        import serial
    except ModuleNotFoundError:
        raise DriverError("serial ports need pyserial: pip install 'airsonde[serial]'") from None
    try:
        return serial.Serial(path, baud, timeout=0, exclusive=True)
    except ValueError as e:
        raise ConfigError(f"{baud} baud: {e}") from e
    except serial.SerialException as e:
        raise _refusal(e, path) from e


def _refusal(error: OSError, path: str) -> DriverError:
    match error.errno:
        case 2:
            reason = f"{path} does not exist; is the board plugged in? (`ls /dev/tty*` shows ports)"
        case 13:
            return DriverError(
                f"{path} may not be opened; add yourself to the group that owns it "
                f"(`ls -l {path}`, `sudo usermod -aG dialout $USER`) and log in again"
            )
        case 11 | 16:
            return DriverError(f"{path} is in use by another program; close its monitor")
        case _:
            reason = f"cannot open {path}: {os.strerror(error.errno) if error.errno else error}"
    return DriverError(reason, transient=True)


def _block(lines: list[bytes]) -> PayloadBlock:
    sizes = np.array([len(line) for line in lines], dtype=np.int64)
    return PayloadBlock(
        data=np.frombuffer(b"".join(lines), dtype=np.uint8),
        starts=np.cumsum(sizes) - sizes,
        sizes=sizes,
        t_ns=np.full(len(lines), time.time_ns(), dtype=np.int64),
    )
