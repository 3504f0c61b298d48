"""The WebSocket, with a real client: topics, rows, slow clients, malformed frames."""

import json
import socket
import struct
import time

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from airsonde.captures.capture import open_capture
from airsonde.faces.http.rows import HEADER
from tests.faces.http.bare import drained, opened, subscription
from tests.faces.http.running import free_port


def subscribe(client, *topics, **more):
    client.send(json.dumps({"op": "subscribe", "topics": topics, **more}))


def until(client, kind, seconds=8.0):
    """The first message of a kind."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        message = client.recv(timeout=seconds)
        if isinstance(message, str) and (said := json.loads(message))["type"] == kind:
            return said
    raise AssertionError(f"no {kind} came")


def rows_of(message):
    """Header and samples of every row in a binary message."""
    while message:
        header = np.frombuffer(message, HEADER, 1)[0]
        count = int(header["n_rx"]) * int(header["n_tx"]) * int(header["subcarriers"])
        yield header, np.frombuffer(message, "<c8", count, HEADER.itemsize)
        message = message[HEADER.itemsize + 8 * count :]


def test_the_header_has_32_bytes_at_the_documented_places():
    assert HEADER.itemsize == 32
    offsets = {name: HEADER.fields[name][1] for name in HEADER.names}
    assert offsets == {
        "version": 0, "origin": 1, "source": 2, "lane": 4, "subcarriers": 6, "t_ns": 8, "row": 16,
        "rssi_dbm": 20, "quality": 24, "n_rx": 28, "n_tx": 29, "encoding": 30, "spare": 31,
    }  # fmt: skip


def test_hello_then_what_is_asked_for(agent):
    with connect(agent.url) as client:
        hello = json.loads(client.recv(timeout=5))
        assert (hello["type"], hello["api"], hello["origin"]) == ("hello", 1, "simulated")
        assert hello["writable"] is False
        subscribe(client, "windows", "rooms", "sources", "status", id="mine")
        subscribed = until(client, "subscribed")
        assert subscribed["id"] == "mine"
        assert subscribed["topics"] == ["rooms", "sources", "status", "windows"]
        assert until(client, "source")["source"]["source_id"] == "sim"
        assert until(client, "lane")["lane"]["subcarriers"] == 256
        assert until(client, "room")["room"]["room"] == "lab"
        window = until(client, "window")["window"]
        query = f"session={window['session']}&since_ns={window['end_ns']}&limit=500"
        assert window in agent.get(f"/windows?{query}")["items"]
        assert until(client, "status")["rss_mb"] > 10
        client.send('{"op":"ping","id":7}')
        assert until(client, "pong")["id"] == 7


def test_events_come_as_they_are_kept(agent):
    with connect(agent.url) as client:
        subscribe(client, "events")
        event = until(client, "event", 15)["event"]
    assert agent.get(f"/events/{event['id']}") == event


def test_rows_are_the_frames_of_the_capture(replaying):
    capture = open_capture(replaying.path)
    lanes = [capture.read(lane.lane) for lane in capture.lanes]
    with connect(replaying.url) as client:
        subscribe(client, "csi")
        until(client, "subscribed")
        got = [row for _ in range(12) for row in rows_of(client.recv(timeout=8))]
    assert len(got) >= 12
    for header, samples in got:
        batch, frame = lanes[header["lane"]], int(header["row"])
        assert header["t_ns"] == batch.t_ns[frame]
        assert (header["version"], header["origin"], header["encoding"]) == (1, 1, 0)
        assert np.isnan(header["rssi_dbm"]) == (batch.rssi_dbm is None)
        assert (samples == batch.csi[frame].ravel()).all()


def test_rows_are_thinned_evenly(agent):
    with connect(agent.url) as client:
        subscribe(client, "csi", csi_max_hz=20)
        until(client, "subscribed")
        got = [header for _ in range(20) for header, _ in rows_of(client.recv(timeout=8))]
    gaps_s = np.diff([int(h["t_ns"]) for h in got]) / 1e9
    gaps_s = gaps_s[gaps_s > 0]
    assert np.median(gaps_s) == pytest.approx(0.05, abs=0.01)


def test_other_sources_and_lanes_are_left_out(agent):
    with connect(agent.url) as client:
        subscribe(client, "windows", "csi", source_ids=["else"])
        until(client, "subscribed")
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.8)
        subscribe(client, "windows", lanes=[5])
        until(client, "subscribed")
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.8)


def test_raw_csi_of_live_sources_stays_unless_allowed(start):
    radio = f'[sources.radio]\nkind = "udp"\nport = {free_port()}\nfamily = "esp32"\n'
    running = start(radio)
    with connect(running.url) as client:
        subscribe(client, "csi")
        refused = until(client, "subscribed")["refused"]
    assert [r["source_id"] for r in refused] == ["radio"]
    running.until(lambda: running.get("/sources/radio")["session"])
    status, _, body = running.ask("POST", "/captures", {"source_id": "radio"}, write=True)
    assert (status, body["error"]["code"]) == (403, "private")


MALFORMED = [
    "", "{", "[]", "null", "7", '"subscribe"', "{}", '{"op":"fly"}', '{"op":"subscribe"}',
    '{"op":"subscribe","topics":["all"]}', '{"op":"subscribe","topics":"csi"}',
    '{"op":"subscribe","topics":[],"csi_max_hz":0}', '{"op":"subscribe","topics":[],"more":1}',
    '{"op":"ping","id":{"a":1}}', "[" * 4000, '{"op":"ping","id":"' + "x" * 5000 + '"}', b"\x00\xff",
]  # fmt: skip


@pytest.mark.parametrize("message", MALFORMED, ids=lambda m: str(m)[:24])
def test_what_is_not_understood_is_said_and_forgiven(agent, message):
    with connect(agent.url) as client:
        client.send(message)
        assert until(client, "error")["error"]["code"] in {"invalid", "too_large"}
        client.send('{"op":"ping"}')
        assert until(client, "pong")["id"] is None


def test_a_client_that_is_never_understood_is_closed(agent):
    with connect(agent.url) as client:
        for _ in range(16):
            client.send("{")
            time.sleep(0.06)
        with pytest.raises(ConnectionClosed) as closed:
            until(client, "never")
    assert closed.value.rcvd.code == 1008


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x05hello",  # not masked
        b"\xf1\x80\0\0\0\0",  # reserved bits
        b"\x83\x80\0\0\0\0",  # reserved opcode
        b"\x89\xfe\x00\x7e\0\0\0\0" + bytes(126),  # long control frame
        b"\x80\x80\0\0\0\0",  # continuation of nothing
        b"\x81\x82\0\0\0\0\xff\xfe",  # not UTF-8
        b"\x81\xff" + struct.pack(">Q", 1 << 62) + bytes(4),  # enormous
        b"\x88\x81\0\0\0\0\x03",  # close with half a code
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x81",
    ],
)
def test_malformed_frames_end_that_connection_only(agent, frame):
    sock = opened(agent)
    sock.sendall(frame)
    sock.shutdown(socket.SHUT_WR)
    drained(sock)
    sock.close()
    assert agent.get("/health")["version"]


def test_a_stalled_client_delays_nobody_and_is_told_what_it_missed(agent):
    sock = opened(agent)
    sock.sendall(subscription("csi", "windows"))  # and never reads again
    with connect(agent.url) as client:
        subscribe(client, "csi")
        until(client, "subscribed")
        rows = []
        while len(rows) < 1800:  # 3.7 MB, more than a client's queue and the kernel hold
            rows += [int(h["row"]) for h, _ in rows_of(client.recv(timeout=8))]
    jumps = np.diff(rows)
    assert set(jumps[jumps > 0]) == {1}
    received = bytearray()
    sock.settimeout(1)
    while b'"dropped"' not in received:
        part = sock.recv(1 << 16)
        assert part, "no drop was told"
        received = received[-32:] + part
    sock.close()
