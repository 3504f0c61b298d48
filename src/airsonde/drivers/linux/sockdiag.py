"""What the kernel knows of each TCP connection: delay, delivery, and who limits it.

Read over NETLINK_SOCK_DIAG (linux/inet_diag.h, linux/tcp.h); 500 connections take about 1.5 ms.
"""

import errno
import os
import socket
import struct
from collections.abc import Collection
from typing import NamedTuple

from airsonde.core.errors import DriverError, UnsupportedError

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_REQUEST_DUMP = 0x301
_ESTABLISHED = 1 << 1
_INET_DIAG_INFO = 2
_ROOM = 1 << 18
_MOST_FLOWS = 20_000
_NEVER = 0xFFFFFFFF

_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI48x")
_FLOW = struct.Struct(">B3xHH16s16s32x")  # ports and addresses in network order
_ATTRIBUTE = struct.Struct("=HH")
_INFO = struct.Struct("=7xB8xI4xII12xI4xI12xII24xI16xQQ12xI8xQ")


class TcpFlow(NamedTuple):
    """One established connection; addresses are raw (4 or 16 bytes).

    `min_rtt_us` is the kernel's minimum over its window (5 minutes, net.ipv4.tcp_min_rtt_wlen);
    `bytes_acked` counts what arrived out of order too, so that a loss does not hold it up;
    `app_limited` says that the sender had too little to send for `delivery_bytes_s` to mean much.
    """

    local: bytes
    peer: bytes
    local_port: int
    peer_port: int
    rtt_us: int
    min_rtt_us: int | None
    rtt_deviation_us: int
    delivery_bytes_s: int
    app_limited: bool
    unacked: int
    retransmitted: int
    bytes_acked: int
    bytes_received: int
    since_sent_ms: int
    since_received_ms: int


class SockDiag:
    """An open socket for asking; one call asks for both IPv4 and IPv6."""

    def __init__(self) -> None:
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)
        except OSError as e:
            raise UnsupportedError(f"this kernel does not tell of sockets: {e.strerror}") from e
        self._socket.settimeout(1.0)
        self._room = bytearray(_ROOM)

    def flows(self, local: Collection[bytes] | None = None) -> list[TcpFlow]:
        """Established connections, of these local addresses only where given.

        Raises UnsupportedError where the kernel lacks tcp_diag, DriverError otherwise.
        """
        found: list[TcpFlow] = []
        for family in (socket.AF_INET, socket.AF_INET6):
            self._dump(family, found, local)
        return found

    def close(self) -> None:
        self._socket.close()

    def _dump(self, family: int, found: list[TcpFlow], local: Collection[bytes] | None) -> None:
        body = _REQUEST.pack(family, socket.IPPROTO_TCP, 1 << _INET_DIAG_INFO - 1, _ESTABLISHED)
        size = _HEADER.size + len(body)
        view = memoryview(self._room)
        try:
            self._socket.send(_HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + body)
            while read_answers(view[: self._socket.recv_into(view)], found, local):
                if len(found) > _MOST_FLOWS:
                    raise DriverError(f"more than {_MOST_FLOWS} TCP connections")
        except OSError as e:
            if isinstance(e, DriverError):
                raise
            raise DriverError(f"sock_diag: {e.strerror or e}", transient=True) from e


def read_answers(
    answers: bytes | memoryview, found: list[TcpFlow], local: Collection[bytes] | None
) -> bool:
    """Add the connections in one datagram of answers; False after the last one."""
    at, end = 0, len(answers)
    while at + _HEADER.size <= end:
        size, kind, _, _, _ = _HEADER.unpack_from(answers, at)
        if not _HEADER.size <= size <= end - at:
            raise DriverError("the kernel's answer about sockets is cut short")
        if kind == _NLMSG_DONE:
            return False
        if kind == _NLMSG_ERROR:
            _refuse(bytes(answers[at + _HEADER.size : at + size]))
        flow = _flow(answers, at + _HEADER.size, at + size, local)
        if flow is not None:
            found.append(flow)
        at += size + 3 & ~3
    return True


def _refuse(message: bytes) -> None:
    code = -struct.unpack_from("=i", message)[0] if len(message) >= 4 else 0
    if code == errno.ENOENT:
        raise UnsupportedError("this kernel does not tell of TCP sockets (module tcp_diag)")
    raise DriverError(f"sock_diag: {os.strerror(code)}")


def _flow(
    answers: bytes | memoryview, at: int, end: int, local: Collection[bytes] | None
) -> TcpFlow | None:
    if at + _FLOW.size > end:
        return None
    family, sport, dport, source, destination = _FLOW.unpack_from(answers, at)
    if family == socket.AF_INET:
        source, destination = source[:4], destination[:4]
    if local is not None and source not in local:
        return None
    place = _info_at(answers, at + _FLOW.size, end)
    if place is None:
        return None
    figures = _INFO.unpack_from(answers, place)
    limited, segment, unacked, sacked, sent_ms, received_ms, rtt, deviation = figures[:8]
    again, acked, got, least, rate = figures[8:]
    return TcpFlow(
        source,
        destination,
        sport,
        dport,
        rtt,
        least if least != _NEVER else None,
        deviation,
        rate,
        bool(limited & 1),
        unacked,
        again,
        acked + sacked * segment,
        got,
        sent_ms,
        received_ms,
    )


def _info_at(answers: bytes | memoryview, at: int, end: int) -> int | None:
    """Where the struct tcp_info stands, None where it is shorter than that of Linux 4.9."""
    while at + 4 <= end:
        size, kind = _ATTRIBUTE.unpack_from(answers, at)
        if size < 4:
            return None
        if kind == _INET_DIAG_INFO:
            return at + 4 if at + 4 + _INFO.size <= min(end, at + size) else None
        at += size + 3 & ~3
    return None
