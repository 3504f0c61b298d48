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
        """Wait for whole lines; at least one is returned."""
        while True:
            try:
                await self._readable()
                block = self.take()
            except DriverError:
                await self._reopen()
                continue
            if len(block):
                return block

    def take(self) -> PayloadBlock:
        """The whole lines that are there now. Raises DriverError (transient) when it is gone."""
        try:
            fresh = os.read(self._port.fileno(), _READ_BYTES)
        except BlockingIOError:
            return _block([])
        except OSError as e:
            raise DriverError(f"{self._path} is gone: {e.strerror}", transient=True) from e
        if not fresh:
            raise DriverError(f"{self._path} is gone", transient=True)
        return _block(self._lines(fresh))

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
        try:
            fd = self._port.fileno()
            loop.add_reader(fd, ready.set)
        except OSError as e:
            raise DriverError(f"{self._path} is gone: {e.strerror}", transient=True) from e
        try:
            await ready.wait()
        finally:
            loop.remove_reader(fd)

    async def _reopen(self) -> None:
        """Open the port again, waiting longer each time; gives up only for lasting reasons."""
        self._port.close()
        if self._rest:
            self._rest, self.lost = b"", (self.lost or 0) + 1
        wait_s = _FIRST_WAIT_S
        while True:
            await asyncio.sleep(wait_s)
            try:
                self._port = _opened(self._path, self._baud)
            except DriverError as e:
                if not e.transient:
                    raise
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            else:
                self.reconnects += 1
                return

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
