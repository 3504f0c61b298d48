"""WebSockets on bare sockets, so that what is sent can be wrong."""

import json
import socket
import struct

_LINES = (
    "GET /api/v1/stream HTTP/1.1",
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)
TEXT, CONTINUED, LAST = 0x1, 0x0, 0x80


def connected(agent, address="127.0.0.1"):
    """A connection that takes little into the kernel."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(5)
    sock.bind((address, 0))
    sock.connect(("127.0.0.1", agent.port))
    return sock


def opened(agent, address="127.0.0.1"):
    """A WebSocket after its handshake."""
    sock = connected(agent, address)
    sock.sendall("\r\n".join([*_LINES, "", ""]).encode())
    assert sock.recv(64).startswith(b"HTTP/1.1 101")
    return sock


def frame(payload, first=TEXT | LAST):
    """One frame of RFC 6455 5.2, masked with zeros."""
    size = len(payload)
    if size < 126:
        head = bytes([first, 0x80 | size])
    elif size < 1 << 16:
        head = struct.pack(">BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack(">BBQ", first, 0x80 | 127, size)
    return head + bytes(4) + payload


def subscription(*topics):
    return frame(json.dumps({"op": "subscribe", "topics": topics}).encode())


def drained(sock):
    """Everything until the other side closes."""
    data = bytearray()
    try:
        while part := sock.recv(1 << 16):
            data += part
    except ConnectionResetError:
        pass
    return bytes(data)
