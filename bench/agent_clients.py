"""What stands around an agent in a benchmark: radios that send, clients that read or stall."""

import asyncio
import json
import re
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Final

import numpy as np

_ADR018: Final = struct.Struct("<IBBHIIbbH")
_STILL: Final = 60 + 30 * np.sin(np.arange(128) / 9)
_TOLD: Final = re.compile(r'"told_ns":"(\d+)"')
_END: Final = re.compile(r'"end_ns":"(\d+)"')


def payload(number: int, rng: np.random.Generator) -> bytes:  # noqa: TID251
    """An ADR-018 datagram of an ESP32 in a still room: one antenna, 64 subcarriers, channel 6."""
    head = _ADR018.pack(0xC5110001, 1, 1, 64, 2437, number & 0xFFFFFFFF, -45, -92, 0)
    return head + (_STILL + rng.normal(0, 1, 128)).astype("i1").tobytes()


async def send(ports: list[int], rate_hz: float, seconds: float) -> None:
    """A datagram to every port at a steady rate."""
    rng = np.random.default_rng(1)  # noqa: TID251
    begin = time.perf_counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for number in range(round(seconds * rate_hz)):
            await asyncio.sleep(max(0.0, begin + number / rate_hz - time.perf_counter()))
            data = payload(number, rng)
            for port in ports:
                sock.sendto(data, ("127.0.0.1", port))


@dataclass(slots=True)
class Heard:
    """Delays in ms: of windows since the agent told them, and since they ended; bytes of rows."""

    since_told_ms: list[float] = field(default_factory=list)
    since_end_ms: list[float] = field(default_factory=list)
    row_bytes: int = 0


async def listen(url: str, topics: list[str], seconds: float, heard: Heard) -> None:
    """Subscribe and read as fast as it comes."""
    from websockets.asyncio.client import connect

    async with connect(url, compression=None) as client:
        await client.send(json.dumps({"op": "subscribe", "topics": topics}))
        try:
            async with asyncio.timeout(seconds):
                async for message in client:
                    _note(message, heard)
        except TimeoutError:
            return


def _note(message: str | bytes, heard: Heard) -> None:
    now_ns = time.time_ns()
    if isinstance(message, bytes):
        heard.row_bytes += len(message)
    elif (told := _TOLD.search(message)) and (end := _END.search(message)):
        heard.since_told_ms.append((now_ns - int(told[1])) / 1e6)
        heard.since_end_ms.append((now_ns - int(end[1])) / 1e6)


def stall(port: int, topics: list[str]) -> socket.socket:
    """A client that subscribes and never reads."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    lines = (
        "GET /api/v1/stream HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    )
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    text = json.dumps({"op": "subscribe", "topics": topics}).encode()
    sock.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
    return sock
