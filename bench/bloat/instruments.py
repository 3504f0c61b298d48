"""What measures and moves the bench's network: each a process in a namespace, ended by SIGTERM.

python3 -m bench.bloat.instruments COMMAND

    echo                 answer datagrams (in S)
    probe FILE           50 datagrams a second and the delay of each (in H)
    qdiscs FILE          every notification of a changed queue (in H)
    bottleneck FILE      rates by the script on standard input; what passes, ten times a second (B)
    oracle               CAKE at 95 % of the script's rate, half a second late (in H)
"""

import json
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.bloat.network import EGRESS, HOST, IFB, SERVER, SIDES, rate_lines

PROBE_HZ = 50
_PORT = 7007
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h
_SAMPLE_S = 0.1
_ORACLE_LATE_S, _ORACLE_SHARE = 0.5, 0.95
_RTMGRP_TC, _RTM_NEWQDISC = 8, 36


def echo() -> None:
    """Send each datagram back with the times at which it came and went."""
    sock = _timed_socket((SERVER, _PORT))
    while True:
        asked, ancillary, _, peer = sock.recvmsg(64, 64)
        sock.sendto(asked + struct.pack("dd", _arrived_s(ancillary), time.time()), peer)


def probe(path: str) -> None:
    """Rows of [sent s, up ms, down ms]; both None while no answer came.

    A delay lies between sending and the kernel's arrival time: this process's lateness is not in
    it.
    """
    sock, rows = _timed_socket((HOST, 0)), list[list[float | None]]()
    following = time.time()
    try:
        while True:
            wait_s = following - time.time()
            if wait_s <= 0:
                now_s = time.time()
                rows.append([now_s, None, None])
                sock.sendto(struct.pack("Id", len(rows) - 1, now_s), (SERVER, _PORT))
                following += 1 / PROBE_HZ
            elif select.select([sock], [], [], wait_s)[0]:
                answer, ancillary, _, _ = sock.recvmsg(64, 64)
                number, sent_s, there_s, back_s = struct.unpack("Iddd", answer)
                back_ms = (_arrived_s(ancillary) - back_s) * 1e3
                rows[number][1:] = [(there_s - sent_s) * 1e3, back_ms]
    finally:
        Path(path).write_text(json.dumps(rows))


def qdiscs(path: str) -> None:
    """The times at which a queue of this namespace was set or changed."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    sock.bind((0, _RTMGRP_TC))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    times: list[float] = []
    try:
        while True:
            told = sock.recv(65536)
            while len(told) >= 16:
                size, kind = struct.unpack_from("IH", told)
                if kind == _RTM_NEWQDISC:
                    times.append(time.time())
                told = told[size + 3 & ~3 :]
    finally:
        Path(path).write_text(json.dumps(times))


def bottleneck(path: str) -> None:
    """Rows of [s since the start, bytes passed up, bytes passed down]."""
    start_s, seconds, script = json.load(sys.stdin)
    changes, rows = list(script), []
    with _batching() as tc:
        at_s = 0.0
        while at_s <= seconds + _SAMPLE_S / 2:
            while changes and changes[0][0] <= at_s + 1e-6:
                _say(tc, rate_lines(changes.pop(0)[1]))
            time.sleep(max(0.0, start_s + at_s - time.time()))
            rows.append((time.time() - start_s, *_sent_bytes()))
            at_s += _SAMPLE_S
    Path(path).write_text(json.dumps(rows))


def oracle() -> None:
    start_s, _, script = json.load(sys.stdin)
    with _batching() as tc:
        for at_s, mbit in script:
            time.sleep(max(0.0, start_s + at_s + _ORACLE_LATE_S - time.time()))
            kbit = round(mbit * _ORACLE_SHARE * 1e3)
            for ifname in (EGRESS, IFB):
                _say(tc, f"qdisc change dev {ifname} root cake bandwidth {kbit}kbit\n")


def _timed_socket(address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    sock.bind(address)
    return sock


def _arrived_s(ancillary: list[tuple[int, int, bytes]]) -> float:
    seconds, ns = struct.unpack("qq", ancillary[0][2][:16])
    return float(seconds + ns / 1e9)


def _batching() -> Any:
    """A `tc` kept open: a change costs no process."""
    words = ("tc", "-force", "-batch", "-")
    return subprocess.Popen(words, stdin=subprocess.PIPE, text=True)


def _say(tc: Any, lines: str) -> None:
    tc.stdin.write(lines)
    tc.stdin.flush()


def _sent_bytes() -> tuple[int, ...]:
    rows = (row.split(":") for row in Path("/proc/thread-self/net/dev").read_text().splitlines())
    sent = {row[0].strip(): int(row[1].split()[8]) for row in rows if len(row) == 2}
    return tuple(sent[side] for side in SIDES)


_COMMANDS: dict[str, Callable[..., None]] = {
    "echo": echo,
    "probe": probe,
    "qdiscs": qdiscs,
    "bottleneck": bottleneck,
    "oracle": oracle,
}

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with suppress(KeyboardInterrupt):
        _COMMANDS[sys.argv[1]](*sys.argv[2:])
