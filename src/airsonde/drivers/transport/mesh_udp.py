"""The mesh's UDP socket: datagrams of all senders in blocks, up to 256 by one call of the kernel.

IPv4. What is read, its sizes and its senders are arrays, so that a coordinator can look at
thousands of feature states without a loop; whoever wants them singly iterates.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import DriverError
from airsonde.drivers.transport.receive_buffer import dropped, enlarge, granted_bytes
from airsonde.drivers.transport.recvmmsg import SO_TIMESTAMPNS_NEW, Rows
from airsonde.drivers.transport.wall_clock import WallClock
from airsonde.mesh.identity import Address

BLOCK_DATAGRAMS = 256
ROOM_BYTES = 4352  # the longest raw CSI is 20 + 2 · 4 · 512
BUFFER_BYTES = 64 << 20
_MOST_ADDRESSES = 65_536

U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Datagrams:
    """N datagrams: `data` uint8[N, room], of which the first `sizes` (int64[N]) bytes count.

    `peers` (uint64[N]) is IPv4 address · 2^16 + port, `stamps` (int64[N, 2]) when the kernel
    received each, seconds and nanoseconds of the wall clock, 0 where it was not asked to note that.
    `data` and `stamps` are the socket's own buffers: they hold this until the next block is read.
    """

    data: U8
    sizes: NDArray[np.int64]
    peers: U64
    stamps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sizes)

    def payload(self, row: int) -> bytes:
        """A copy of one datagram."""
        return self.data[row, : self.sizes[row]].tobytes()


class MeshSocket:
    """One bound socket; reading never waits, `fileno` is for who waits."""

    def __init__(self, bound: socket.socket) -> None:
        self._socket = bound
        self._rows = Rows(BLOCK_DATAGRAMS, ROOM_BYTES)
        self._clock = WallClock()
        self._addresses: dict[int, Address] = {}
        self.oversized = 0

    @classmethod
    def bind(
        cls, host: str, port: int, *, group: str | None = None, buffer_bytes: int = BUFFER_BYTES
    ) -> Self:
        """Listen on a port (0: any free one), and to a multicast group where one is given.

        Raises DriverError that says why it cannot be.
        """
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.settimeout(0)
            enlarge(sock, buffer_bytes)
            if group is not None:
                _join(sock, host, group)
            sock.bind((host, port))
        except OSError as e:
            sock.close()
            raise _refusal(e, host, port) from e
        return cls(sock)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def lost(self) -> int | None:
        """Datagrams the kernel dropped because its buffer was full (None: it does not say)."""
        return dropped(self._socket)

    @property
    def buffer_bytes(self) -> int:
        """What the kernel granted for datagrams that wait to be read."""
        return granted_bytes(self._socket)

    def fileno(self) -> int:
        return self._socket.fileno()

    def stamp(self) -> None:
        """From now on have the kernel note when each datagram comes, if it can (Linux 5.1)."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS_NEW, 1)

    def take(self) -> Datagrams:
        """What has come, up to one block; it may be nothing. Raises DriverError when it fails.

        Datagrams longer than any that the mesh knows are counted and left out.
        """
        return self._block(self._rows.fill(self.fileno()))

    def address(self, peer: int) -> Address:
        """An element of `peers` as host and port."""
        found = self._addresses.get(peer)
        if found is None:
            if len(self._addresses) >= _MOST_ADDRESSES:
                self._addresses.clear()
            found = self._addresses[peer] = (str(IPv4Address(peer >> 16)), peer & 0xFFFF)
        return found

    def singly(self, block: Datagrams) -> Iterator[tuple[bytes, Address, int]]:
        """The datagrams of a block, each with who sent it and when it came (monotonic, ns).

        What bears no stamp came now.
        """
        came = self._clock.monotonic(block.stamps).tolist()
        for row, (peer, t_ns) in enumerate(zip(block.peers.tolist(), came, strict=True)):
            yield block.payload(row), self.address(peer), t_ns

    def send(self, data: bytes, peer: Address) -> bool:
        """Send one datagram; False when the network would not take it now."""
        try:
            self._socket.sendto(data, peer)
        except OSError:
            return False
        return True

    def close(self) -> None:
        self._socket.close()

    def _block(self, count: int) -> Datagrams:
        sizes = self._rows.lengths[:count].astype(np.int64)
        names = self._rows.names[:count]
        ports = names[:, 2:4].copy().view(">u2")[:, 0].astype(np.uint64)
        hosts = names[:, 4:8].copy().view(">u4")[:, 0].astype(np.uint64)
        data, peers = self._rows.data[:count], hosts << np.uint64(16) | ports
        stamps = self._rows.stamps[:count]
        fits = sizes <= ROOM_BYTES
        if not fits.all():
            self.oversized += int(np.count_nonzero(~fits))
            data, sizes, peers, stamps = data[fits], sizes[fits], peers[fits], stamps[fits]
        return Datagrams(data=data, sizes=sizes, peers=peers, stamps=stamps)


def _join(sock: socket.socket, host: str, group: str) -> None:
    """Hear a multicast group, and speak to it, on the interface of `host`; several may listen."""
    own = socket.inet_aton(host)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + own)
    if host != "0.0.0.0":  # noqa: S104  (compared, not bound)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)


def _refusal(error: OSError, host: str, port: int) -> DriverError:
    match error:
        case socket.gaierror() | OSError(errno=errno.EADDRNOTAVAIL):
            return DriverError(f"{host} is no IPv4 address of this machine")
        case OSError(errno=errno.EADDRINUSE):
            return DriverError(
                f"UDP port {port} is in use by another program (`ss -ulpn 'sport = :{port}'`"
                " shows it); choose another with --listen",
                transient=True,
            )
        case PermissionError():
            return DriverError(f"UDP port {port} needs root; choose one above 1023")
        case _:
            return DriverError(f"cannot listen on {host}:{port}: {error.strerror or error}")
