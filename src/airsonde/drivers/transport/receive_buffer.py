"""A socket's receive buffer in the kernel: made large, and asked what it had to drop."""

import socket
import struct

# Linux uapi/asm-generic/socket.h; the socket module does not name them.
_SO_RCVBUFFORCE = 33
_SO_MEMINFO = 55  # nine u32, the last is the count of drops, Linux 4.12


def enlarge(sock: socket.socket, size: int) -> None:
    """Ask for a large receive buffer; beyond the system's limit only root may have it."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def granted_bytes(sock: socket.socket) -> int:
    """What the kernel granted for datagrams that wait to be read."""
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def dropped(sock: socket.socket) -> int | None:
    """Datagrams the kernel dropped because the buffer was full (None: it does not say)."""
    try:
        counters = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36)
    except OSError:
        return None
    return int(struct.unpack("=9I", counters)[8]) if len(counters) == 36 else None
