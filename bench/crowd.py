"""Many clients of one agent in one cheap loop: when bytes came is noted, they are parsed later.

Two hundred clients that parse what they hear would take the core the agent needs, and the figure
would be theirs. As root the loop runs before everything else, so that it is never late itself.
"""

import json
import os
import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import numpy as np

_TOLD: Final = re.compile(rb'"told_ns":"(\d+)"')
_DROPPED: Final = b'"type":"dropped"'
SETTLE_S: Final = 8.0
_SAMPLE_NS: Final = 2_000_000
_HEAD: Final = (
    "GET /api/v1/stream HTTP/1.1",
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)


@dataclass(slots=True)
class Crowd:
    """What came to each client and when; `waits` are (moment in ns, seconds waited for a core)."""

    since_ns: int
    arrived: list[list[tuple[int, bytes]]]
    waits: list[tuple[int, float]] = field(default_factory=list)

    @property
    def drops(self) -> int:
        return sum(data.count(_DROPPED) for got in self.arrived for _, data in got)

    def delays_ms(self) -> list[list[float]]:
        """For each client, from the moment the agent told a window until it was there."""
        return [[(at - told) / 1e6 for told, at in self._told(got)] for got in self.arrived]

    def own_delays_ms(self) -> list[float]:
        """The same of all, less what the agent waited for a core meanwhile."""
        moments = np.array([at for at, _ in self.waits], np.int64)
        waited_s = np.array([waited for _, waited in self.waits])
        told = np.array([t for got in self.arrived for t, _ in self._told(got)], np.int64)
        there = np.array([at for got in self.arrived for _, at in self._told(got)], np.int64)
        origin = moments[0]
        begin_s, end_s = (np.interp(t - origin, moments - origin, waited_s) for t in (told, there))
        own: list[float] = ((there - told) / 1e6 - (end_s - begin_s) * 1e3).tolist()
        return own

    def _told(self, got: list[tuple[int, bytes]]) -> list[tuple[int, int]]:
        """When each window was told and when it was there, both Unix time in ns."""
        pairs = [(int(told), at) for at, data in got for told in _TOLD.findall(data)]
        return [(told, at) for told, at in pairs if told >= self.since_ns]


def listening(port: int, topics: list[str], address: str = "127.0.0.1") -> socket.socket:
    """A client that has subscribed; each address may ask so often and no more."""
    sock = socket.socket()
    sock.bind((address, 0))
    sock.connect(("127.0.0.1", port))
    sock.sendall("\r\n".join([*_HEAD, "", ""]).encode())
    sock.recv(4096)
    text = json.dumps({"op": "subscribe", "topics": topics}).encode()
    sock.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
    return sock


def gather(socks: list[socket.socket], seconds: float, waited_s: Callable[[], float]) -> Crowd:
    """Read all of them until the time is over; what came while they still settle is not counted."""
    begin_ns = time.time_ns()
    crowd = Crowd(begin_ns + round(SETTLE_S * 1e9), [[] for _ in socks])
    end_ns = crowd.since_ns + round(seconds * 1e9)
    with selectors.DefaultSelector() as selector, _first_in_line():
        for sock, arrived in zip(socks, crowd.arrived, strict=True):
            selector.register(sock, selectors.EVENT_READ, (sock, arrived))
        while (now_ns := time.time_ns()) < end_ns:
            if not crowd.waits or now_ns - crowd.waits[-1][0] > _SAMPLE_NS:
                crowd.waits.append((now_ns, waited_s()))
            for key, _ in selector.select(0.1):
                sock, arrived = key.data
                arrived.append((time.time_ns(), sock.recv(1 << 16)))
    crowd.waits.append((time.time_ns(), waited_s()))
    return crowd


@contextmanager
def _first_in_line() -> Iterator[None]:
    """Run before everything that is no real-time task, where that is allowed (sched(7))."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
