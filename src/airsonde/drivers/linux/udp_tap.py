"""Count the datagrams that reach this machine for a port, before a firewall can drop them."""

import ctypes
import socket
import struct
from contextlib import suppress
from typing import Final, Self

from airsonde.core.errors import DriverError

_ETH_P_ALL: Final = 3  # linux/if_ether.h
_SO_ATTACH_FILTER: Final = 26  # asm-generic/socket.h
_SOL_PACKET, _PACKET_STATISTICS = 263, 6  # linux/if_packet.h
_INSTRUCTION: Final = struct.Struct("=HBBI")  # struct sock_filter, linux/filter.h


class UdpTap:
    """Sees what comes in over every interface, as packet(7) does; needs CAP_NET_RAW."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    @classmethod
    def open(cls, port: int) -> Self:
        """Raises DriverError where it is not permitted."""
        try:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
        except OSError as e:
            raise DriverError(f"cannot look at packets: {e.strerror}") from e
        program = b"".join(_INSTRUCTION.pack(*row) for row in _incoming_udp(port))
        held = ctypes.create_string_buffer(program)
        described = struct.pack("HP", len(program) // _INSTRUCTION.size, ctypes.addressof(held))
        sock.setblocking(False)  # noqa: FBT003
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
        tap = cls(sock)
        tap._forget()  # what came before the filter
        return tap

    def arrived(self) -> tuple[int, str | None]:
        """How many came since this was asked before, and over which interface one of them did."""
        seen = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        try:
            _, address = self._socket.recvfrom(1)
        except BlockingIOError:
            address = None
        return struct.unpack("=II", seen)[0], address[0] if address else None

    def _forget(self) -> None:
        self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        with suppress(BlockingIOError):
            while True:
                self._socket.recv(1)

    def close(self) -> None:
        self._socket.close()


def _incoming_udp(port: int) -> list[tuple[int, int, int, int]]:
    """The filter in classic BPF (networking/filter.rst), on a packet that begins with its IP head.

    Rows are code, jump where true, jump where false, value; jumps count from the next row.
    """
    load_byte, load_half, load_ip_head, load_half_behind = 0x30, 0x28, 0xB1, 0x48
    mask, equal, any_bit, answer = 0x54, 0x15, 0x45, 0x06
    return [
        (load_byte, 0, 0, 0xFFFFF004),  # the kind of packet
        (equal, 15, 0, 4),  # outgoing
        (load_byte, 0, 0, 0),
        (mask, 0, 0, 0xF0),
        (equal, 0, 7, 0x40),
        (load_byte, 0, 0, 9),
        (equal, 0, 10, socket.IPPROTO_UDP),
        (load_half, 0, 0, 6),
        (any_bit, 8, 0, 0x1FFF),  # a later fragment has no port
        (load_ip_head, 0, 0, 0),
        (load_half_behind, 0, 0, 2),
        (equal, 4, 5, port),
        (load_byte, 0, 0, 6),  # IPv6 without extension headers
        (equal, 0, 3, socket.IPPROTO_UDP),
        (load_half, 0, 0, 42),
        (equal, 0, 1, port),
        (answer, 0, 0, 1 << 16),
        (answer, 0, 0, 0),
    ]
