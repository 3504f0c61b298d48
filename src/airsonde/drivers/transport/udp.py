"""Receive UDP datagrams in blocks, with the kernel's receive times and its count of drops."""

import asyncio
import socket
import struct
import time
from typing import Self

import numpy as np

from airsonde.core.errors import DriverError
from airsonde.drivers.transport.blocks import PayloadBlock
from airsonde.drivers.transport.receive_buffer import dropped, enlarge, granted_bytes

BLOCK_DATAGRAMS = 256
BUFFER_BYTES = 64 << 20
LINGER_S = 0.005

_LARGEST = 65535
_ROOM = _LARGEST + BLOCK_DATAGRAMS * 2048
_ALIGN = 8

_SO_TIMESTAMPNS = 64  # Linux uapi/asm-generic/socket.h: 64 bits on every architecture, Linux 5.1
_ANCILLARY_BYTES = socket.CMSG_SPACE(16)


class UdpSource:
    """Datagrams of one port, up to 256 a block, packed at multiples of eight bytes.

    After a block's first datagram it waits `linger_s` for more, so that a fast stream is read in
    few, long blocks; receive times are taken by the kernel and do not depend on it.
    """

    def __init__(self, bound: socket.socket, *, linger_s: float = LINGER_S) -> None:
        self._socket = bound
        self._linger_s = linger_s
        room = bytearray(_ROOM)
        self._view = memoryview(room)
        self._data = np.frombuffer(room, dtype=np.uint8)

    @classmethod
    def bind(
        cls,
        host: str,
        port: int,
        *,
        buffer_bytes: int = BUFFER_BYTES,
        linger_s: float = LINGER_S,
    ) -> Self:
        """Listen on a port (0: any free one); raises DriverError that says why it cannot be."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.settimeout(0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            enlarge(sock, buffer_bytes)
            _stamp(sock)
            sock.bind((host, port))
        except OSError as e:
            sock.close()
            raise _refusal(e, host, port) from e
        return cls(sock, linger_s=linger_s)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def name(self) -> str:
        host = self._socket.getsockname()[0]
        return f"udp:[{host}]:{self.port}" if ":" in host else f"udp:{host}:{self.port}"

    @property
    def lost(self) -> int | None:
        """Datagrams the kernel dropped because its buffer was full (None: it does not say)."""
        return dropped(self._socket)

    @property
    def buffer_bytes(self) -> int:
        """What the kernel granted for datagrams that wait to be read."""
        return granted_bytes(self._socket)

    async def receive(self) -> PayloadBlock:
        """Wait for datagrams; at least one is returned. Raises DriverError when the socket fails.

        Cancelling it loses nothing: what has arrived stays in the kernel.
        """
        while True:
            await self._readable()
            if self._linger_s:
                await asyncio.sleep(self._linger_s)
            if len(block := self.take()):
                return block

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._socket, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._socket)

    def take(self) -> PayloadBlock:
        """What is in the kernel now, up to one block; it may be nothing."""
        starts: list[int] = []
        sizes: list[int] = []
        times: list[int] = []
        at = 0
        receive, view = self._socket.recvmsg_into, self._view
        while len(starts) < BLOCK_DATAGRAMS and at + _LARGEST <= _ROOM:
            try:
                size, ancillary, _, _ = receive([view[at:]], _ANCILLARY_BYTES)
            except BlockingIOError:
                break
            except OSError as e:
                raise DriverError(f"{self.name}: {e.strerror}", transient=True) from e
            starts.append(at)
            sizes.append(size)
            times.append(_time_ns(ancillary))
            at += -(-size // _ALIGN) * _ALIGN
        return PayloadBlock(
            data=self._data,
            starts=np.array(starts, dtype=np.int64),
            sizes=np.array(sizes, dtype=np.int64),
            t_ns=np.array(times, dtype=np.int64),
        )

    async def aclose(self) -> None:
        self._socket.close()


def _time_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for _, kind, value in ancillary:
        if kind == _SO_TIMESTAMPNS and len(value) == 16:
            seconds, ns = struct.unpack("=qq", value)
            return int(seconds * 1_000_000_000 + ns)
    return time.time_ns()


def _stamp(sock: socket.socket) -> None:
    """Have the kernel note receive times; an older kernel leaves that to `take`."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return


def _refusal(error: OSError, host: str, port: int) -> DriverError:
    where = f"UDP port {port}" + (f" of {host}" if host not in {"0.0.0.0", "::"} else "")  # noqa: S104
    match error:
        case socket.gaierror():
            return DriverError(f"{host} is no address of this machine: {error.strerror}")
        case PermissionError():
            return DriverError(f"{where} needs root; choose a port above 1023")
        case OSError(errno=98):
            return DriverError(
                f"{where} is in use by another program (`ss -ulpn 'sport = :{port}'` shows it)",
                transient=True,
            )
        case OSError(errno=99):
            return DriverError(f"{host} is no address of this machine")
        case _:
            return DriverError(f"cannot listen on {where}: {error.strerror}")
