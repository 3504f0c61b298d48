"""Clients of the WebSocket that do what none should: they end, the others hear every window."""

import contextlib
import json
import random
import socket
import threading
import time

import pytest
from websockets.sync.client import connect

from tests.faces.http.bare import (
    CONTINUED,
    LAST,
    TEXT,
    connected,
    drained,
    frame,
    opened,
    subscription,
)
from tests.faces.http.running import SIMULATED, RunningAgent

PING = b'{"op":"ping","id":7}'
TOO_BIG = 1 << 16
MOST_MB = 12


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """An agent of its own: what is done to it here must not be felt elsewhere."""
    running = RunningAgent(tmp_path_factory.mktemp("abused"), SIMULATED)
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def witness(agent):
    """The windows a well-behaved client hears meanwhile: none is missed, none comes late."""
    heard, over = [], threading.Event()

    def listen():
        with connect(agent.url) as client:
            client.send(json.dumps({"op": "subscribe", "topics": ["windows"]}))
            while not over.is_set():
                said = json.loads(client.recv(timeout=8))
                if said["type"] == "window":
                    heard.append(said["window"])

    thread = threading.Thread(target=listen)
    thread.start()
    agent.until(lambda: heard)
    yield heard
    before = len(heard)
    agent.until(lambda: len(heard) > before)
    over.set()
    thread.join(10)
    by_lane = {}
    for window in heard:
        by_lane.setdefault((window["session"], window["lane"]), []).append(window["end_ns"])
    for ends in by_lane.values():
        assert ends == sorted(set(ends), key=int)
    assert b'status="5xx"' not in agent.ask("GET", "//metrics")[2]


def test_a_message_in_pieces_is_one_message(agent, witness):
    letters = [PING[n : n + 1] for n in range(len(PING))]
    pieces = [frame(letters[0], TEXT), *(frame(one, CONTINUED) for one in letters[1:-1])]
    with opened(agent) as sock:
        sock.sendall(b"".join(pieces) + frame(b"", 0x9 | LAST) + frame(letters[-1], LAST))
        heard = b""
        while b'"pong"' not in heard:
            heard += sock.recv(4096)
    assert b'"id":7' in heard


@pytest.mark.parametrize(
    "parts",
    {
        "one frame": [frame(b" " * (TOO_BIG + 1))],
        "pieces": [frame(b" ", TEXT), *[frame(b" " * 8000, CONTINUED)] * 9],
        "too many pieces": [frame(b"", TEXT), frame(b"", CONTINUED) * 2000],
        "bytes": [frame(b"\0" * (TOO_BIG + 1), 0x2 | LAST)],
        "compressed": [frame(b"\0" * 64, 0xC1)],
        "bad UTF-8 in the second piece": [frame(b"\xe2\x82", TEXT), frame(b"\x28", LAST)],
        "half a character at the end": [frame(b"\xe2\x82")],
        "a text within a text": [frame(b"{", TEXT), frame(b"}", TEXT | LAST)],
        "a ping in pieces": [frame(b"x", 0x9)],
        "a close without sense": [frame(b"\x00\x01", 0x8 | LAST)],
    }.values(),
)
def test_what_breaks_the_protocol_closes_that_client(agent, witness, parts):
    with opened(agent) as sock:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                sock.sendall(part)
        assert b"\x88" in drained(sock)[-130:]


@pytest.mark.parametrize(
    "text",
    [b"[" * 4096, b'{"op":' * 600, b'{"op":"subscribe","topics":' + b"[" * 2000 + b"]" * 2000 + b"}",
     b'{"op":"ping","id":' + b"9" * 4000 + b"}", b'{"op":"ping","id":1e999}',
     b'{"op":"subscribe","topics":["nothing"]}', b'{"op":"subscribe","topics":[],"lanes":[1e30]}',
     b'{"op":"ping","id":"\\ud800"}'],
)  # fmt: skip
def test_deep_long_and_unknown_is_answered_with_a_sentence(agent, witness, text):
    with opened(agent) as sock:
        sock.sendall(frame(text) + frame(PING))
        heard = b""
        while b'"pong"' not in heard:
            part = sock.recv(4096)
            assert part, heard
            heard += part
    assert b'"type":"error"' in heard


def test_noise_is_survived(agent, witness):
    rng = random.Random(6)
    for number in range(120):
        address = f"127.0.8.{number + 2}"
        good = frame(PING) + subscription("csi", "windows") + frame(b"", 0x9 | LAST)
        noise = bytearray(good if number % 2 else rng.randbytes(rng.randrange(1, 200)))
        for _ in range(rng.randrange(1, 6)):
            noise[rng.randrange(len(noise))] = rng.randrange(256)
        with opened(agent, address) as sock:
            sock.sendall(noise[: rng.randrange(1, len(noise) + 1)])
    assert agent.get("/health")["version"]


@pytest.mark.parametrize(
    "line",
    ["Sec-WebSocket-Key: short", "Sec-WebSocket-Version: 99", "Sec-WebSocket-Protocol: \xff,,",
     "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99", "X: " + "y" * 60_000,
     "Sec-WebSocket-Protocol: " + ",".join(["a"] * 3000), "Transfer-Encoding: chunked",
     "Content-Length: 99999999999"],
)  # fmt: skip
def test_wrong_handshakes_are_no_failure(agent, witness, line):
    lines = [
        *("GET /api/v1/stream HTTP/1.1", "Host: localhost", "Upgrade: websocket"),
        *("Connection: Upgrade", line),
    ]
    if "Key" not in line:
        lines.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    if "Version" not in line:
        lines.append("Sec-WebSocket-Version: 13")
    with connected(agent) as sock:
        sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        status = int(sock.recv(64).split()[1])
    assert status == 101 or 400 <= status < 500


def test_who_connects_and_says_nothing_delays_nobody(agent, witness):
    """Half a handshake, half a frame, half a connection."""
    half = [connected(agent, f"127.0.7.{n + 2}") for n in range(20)]
    for sock in half:
        sock.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: loc")
    late = [opened(agent, f"127.0.7.{n + 40}") for n in range(20)]
    for sock in late:
        sock.sendall(subscription("windows")[:9])
    closed = [opened(agent, f"127.0.7.{n + 80}") for n in range(20)]
    for sock in closed:
        sock.sendall(subscription("csi", "windows"))
        sock.shutdown(socket.SHUT_WR)
    before = len(witness)
    agent.until(lambda: len(witness) > before + 10, 30)
    for sock in (*half, *late, *closed):
        sock.close()
    agent.until(lambda: agent.get("/health")["clients"] == 1)


def test_a_flood_is_answered_in_bounded_memory(agent, witness):
    """Empty pieces without an end, pings without an end, from clients that read no answer."""
    pieces = frame(b"", TEXT) + frame(b"", CONTINUED) * 20_000
    pings = frame(b"x" * 100, 0x9 | LAST) * 5_000
    before_mb = 0.0
    for number, flood in enumerate([pieces, pings] * 4):
        if number == 2:  # what one flood of each kind takes may stay
            before_mb = agent.get("/health")["rss_mb"]
        with opened(agent, f"127.0.6.{number + 2}") as sock:
            sock.settimeout(3)
            with contextlib.suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
                sock.sendall(flood)
    agent.until(lambda: agent.get("/health")["clients"] == 1, 30)
    assert agent.get("/health")["rss_mb"] < before_mb + MOST_MB


@pytest.mark.slow
def test_who_never_finishes_is_not_waited_for(agent, witness):
    """Half a head, half a second head, half a body: ten seconds, then the place is free again."""
    head = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    body = b"POST /api/v1/captures HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
    body += b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    with contextlib.ExitStack() as stack:
        silent, half, second, slow = (stack.enter_context(connected(agent)) for _ in range(4))
        half.sendall(head[:-9])
        slow.sendall(body % agent.token.encode())
        second.sendall(head)
        assert second.recv(4096).startswith(b"HTTP/1.1 200")
        second.sendall(head[:-9])
        time.sleep(10.5)
        assert [drained(one) for one in (silent, half, second)] == [b"", b"", b""]
        assert drained(slow).startswith(b"HTTP/1.1 408")


@pytest.mark.slow
def test_more_connections_than_there_are_places_are_ended(agent, witness):
    socks = [connected(agent, f"127.0.5.{n % 250 + 2}") for n in range(700)]
    time.sleep(1)
    for sock in socks:
        sock.close()
    agent.until(lambda: agent.get("/health")["version"])
