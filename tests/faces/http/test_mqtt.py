"""The agent and a real broker: found by Home Assistant, lost, back, refused, encrypted."""

import json
import os
import signal
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.brokers import Broker, Listener
from tests.faces.http.running import SIMULATED
from tests.recordings import recording

PREFIX = "home/pi"
PASSWORD = "right-one"  # noqa: S105
STATUS, STATE, EVENTS = f"{PREFIX}/status", f"{PREFIX}/rooms/lab", f"{PREFIX}/events"


def sink(broker, *more):
    table = [f'[sinks.home]\nkind = "mqtt"\nhost = "127.0.0.1"\nport = {broker.port}']
    return "\n".join([SIMULATED, *table, f'prefix = "{PREFIX}"', *more, ""])


def user(folder, password):
    secret = folder / "password"
    secret.write_text(f"{password}\n")
    secret.chmod(0o600)
    return 'username = "user"', f'password_file = "{secret}"'


def part(agent):
    (found,) = [p for p in agent.get("/health")["parts"] if p["name"] == "sinks.home"]
    return found


@pytest.fixture
def begin(tmp_path):
    """Starts brokers, and listeners to them."""
    open_ = []

    def beginner(listens=True, **settings):
        broker = Broker(tmp_path, **settings)
        open_.append(broker.kill)
        if not listens:
            return broker, None
        open_.append(Listener(broker))
        return broker, open_[-1]

    yield beginner
    for one in reversed(open_):
        one.close() if isinstance(one, Listener) else one()


def test_home_assistant_finds_a_room_with_all_that_is_known(begin, start, tmp_path):
    broker, listener = begin(password=PASSWORD)
    agent = start(sink(broker, *user(tmp_path, PASSWORD)))
    listener.until(lambda: any(b'"moving"' in p for p in listener.payloads(STATE)))
    late = Listener(broker)  # what Home Assistant hears when it starts afterwards
    late.until(lambda: len(late.kept) >= 3)
    (topic,) = [t for t in late.kept if t.startswith("homeassistant/device/")]
    found = json.loads(late.kept[topic])
    assert topic.split("/")[2] == found["device"]["identifiers"][0]
    assert found["device"]["name"] == "lab (SIMULATED)"
    assert found["origin"]["name"] == "airsonde"
    assert found["components"].keys() == {"occupancy", "motion", "breathing", "quality"}
    assert found["availability"][0]["topic"] == STATUS
    assert late.kept[STATUS] == b"online"
    state = json.loads(late.kept[found["state_topic"]])
    assert state["origin"] == "simulated"
    assert state.keys() == agent.get("/rooms")["items"][0].keys()
    listener.until(lambda: listener.payloads(EVENTS))
    event = json.loads(listener.payloads(EVENTS)[0])
    assert event == agent.get(f"/events/{event['id']}")
    assert EVENTS not in late.kept
    late.close()
    assert agent.get("/health")["clients"] == 0
    assert agent.stop() == 0
    listener.until(lambda: listener.payloads(STATUS)[-1] == b"offline")


def test_a_recording_is_called_a_recording(begin, start):
    broker, listener = begin()
    path = recording("nexmon/43455c0_20mhz.pcap")
    replay = f'[sources.desk]\nkind = "replay"\ncapture = "{path}"\nroom = "hall"\n'
    start(sink(broker).replace(SIMULATED, replay))
    (config,) = listener.until(lambda: listener.payloads("/config"))
    assert json.loads(config)["device"]["name"] == "hall (REPLAY)"


def test_an_agent_that_dies_is_told_by_its_last_will(begin, start):
    broker, listener = begin()
    agent = start(sink(broker))
    listener.until(lambda: b"online" in listener.payloads(STATUS))
    agent.stop(signal.SIGKILL)
    listener.until(lambda: b"offline" in listener.payloads(STATUS))


def test_a_broker_that_is_killed_and_back_misses_no_event(begin, start):
    broker, listener = begin()
    agent = start(sink(broker))
    listener.until(lambda: listener.payloads(EVENTS))
    broker.kill()
    down = agent.until(lambda: (p := part(agent))["state"] == "down" and p)
    assert str(broker.port) in down["reason"]
    listener.close()
    before = [json.loads(p)["id"] for p in listener.payloads(EVENTS)]
    agent.until(lambda: agent.get("/events?limit=1")["items"][0]["id"] > max(before) + 2)
    broker.start()
    again = Listener(broker)
    again.until(lambda: STATUS in dict(again.heard), 15)
    again.until(lambda: len(again.payloads(EVENTS)) > 3, 15)
    again.close()
    topics = [topic for topic, _ in again.heard]
    assert any(topic.endswith("/config") for topic in topics)
    assert STATE in topics
    assert part(agent)["state"] == "running"
    metrics = agent.ask("GET", "//metrics")[2].decode()
    assert 'airsonde_sink_dropped_total{sink="sinks.home"} 0' in metrics
    after = [json.loads(p)["id"] for p in again.payloads(EVENTS)]
    assert after == list(range(after[0], after[-1] + 1))
    assert after[0] <= max(before) + 1
    assert all(line.startswith("at=") for line in agent.log.read_text().splitlines())


def test_a_wrong_password_is_said_and_never_written(begin, start, tmp_path):
    broker, _ = begin(listens=False, password=PASSWORD)
    agent = start(sink(broker, *user(tmp_path, "wrong-one")))
    down = agent.until(lambda: (p := part(agent))["state"] == "down" and p)
    assert "check username and password_file" in down["reason"]
    assert agent.get("/rooms")["items"]
    assert "wrong-one" not in agent.log.read_text() + json.dumps(agent.get("/config"))


def test_a_password_that_others_may_read_is_refused(begin, start, tmp_path):
    broker, _ = begin(listens=False)
    lines = user(tmp_path, "x")
    (tmp_path / "password").chmod(0o644)
    with pytest.raises(AssertionError, match="chmod 600"):
        start(sink(broker, *lines))


@dataclass
class Certificate:
    """Signed by itself, for 127.0.0.1."""

    folder: Path

    def __post_init__(self):
        self.certificate = self.authority = self.folder / "cert.pem"
        self.key = self.folder / "key.pem"
        names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ]
        command += ["-nodes", "-days", "2", "-out", self.certificate, "-keyout", self.key, *names]
        subprocess.run(command, check=True, capture_output=True)


def test_tls_is_used_and_a_stranger_is_not_trusted(begin, start, tmp_path):
    broker, listener = begin(tls=Certificate(tmp_path))
    trusting = start(sink(broker, "tls = true", f'tls_ca = "{broker.tls.authority}"'))
    listener.until(lambda: b"online" in listener.payloads(STATUS))
    trusting.stop()
    number = len(listener.heard)
    doubting = start(sink(broker, "tls = true"))
    down = doubting.until(lambda: (p := part(doubting))["state"] == "down" and p)
    assert "CERTIFICATE_VERIFY_FAILED" in down["reason"]
    assert len(listener.heard) == number


@pytest.mark.slow
@pytest.mark.parametrize("answer", [b"", b"\x20\x02\x00", b"\xff" * 64, os.urandom(4096)])
def test_what_is_no_broker_costs_nothing_but_the_sink(start, answer):
    server = socket.create_server(("127.0.0.1", 0))

    def play():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                peer.recv(4096)
                peer.sendall(answer)

    threading.Thread(target=play, daemon=True).start()
    fake = type("Fake", (), {"port": server.getsockname()[1]})
    agent = start(sink(fake))
    agent.until(lambda: part(agent)["state"] == "down", 15)
    assert agent.get("/rooms")["items"][0]["presence"] in {"moving", "occupied", "unknown"}
    server.close()
    assert agent.stop() == 0
    assert "Traceback" not in agent.log.read_text()
