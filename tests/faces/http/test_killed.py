"""An agent that is killed again and again: what it had acknowledged is there when it comes back."""

import json
import random
import threading
import time
from contextlib import suppress
from signal import SIGKILL

import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from airsonde.apps.calibrations import read_calibration
from airsonde.captures.capture import open_capture
from tests.recordings import recording

KILLS = 50
WALK = "motion/fition_room1/walking_user1_rm1/walking_user1_rm1_1.pcap"
BUSY = """
[memory]
enabled = true
[sources.sim]
kind = "simulator"
speed = 20.0
[sources.still]
kind = "simulator"
scene = "empty"
speed = 40.0
[sources.walk]
kind = "replay"
capture = "{}"
speed = 20.0
"""


class Told:
    """What an agent acknowledged until it was killed."""

    def __init__(self, agent):
        self.agent = agent
        self.events = {}
        self.stopped = {}
        self.running = None
        self.calibrations = set()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def act(self, seconds):
        """Record and stop, again and again, and calibrate, until killed so many seconds later."""
        threading.Timer(seconds, self.agent.process.send_signal, [SIGKILL]).start()
        with suppress(OSError, ValueError):
            self._calibrate()
            while self.agent.process.poll() is None:
                self._record()
        self.agent.process.wait(10)
        self._thread.join(10)

    def _record(self):
        status, _, begun = self.agent.ask("POST", "/captures", {"source_id": "sim"}, write=True)
        assert status in {201, 409, 429}
        if status != 201:
            time.sleep(0.1)
            return
        self.running = begun["capture_id"]
        time.sleep(0.3)
        path = f"/captures/{self.running}/stop"
        status, _, ended = self.agent.ask("POST", path, write=True)
        if status == 200:
            self.stopped[self.running] = ended
            self.running = None

    def _calibrate(self):
        body = {"source_id": "still", "seconds": 20}
        self.agent.ask("POST", "/calibrations", body, write=True)

    def _listen(self):
        topics = ["events", "calibrations"]
        with suppress(OSError, WebSocketException), connect(self.agent.url) as client:
            client.send(json.dumps({"op": "subscribe", "topics": topics}))
            while True:
                said = json.loads(client.recv(timeout=20))
                if said["type"] == "event":
                    self.events[said["event"]["id"]] = said["event"]
                elif said["type"] == "calibration" and said["calibration"]["state"] == "passed":
                    self.calibrations.add(said["calibration"]["calibration_id"])


def check(told, agent):
    """Everything `told` by one agent is kept by the next, in the same folder."""
    last = max(map(int, told.events), default=0)
    kept, after = {}, 0
    while after < last:
        page = agent.get(f"/events?order=oldest&limit=500&after={after}")["items"]
        assert page, f"events {after} to {last} are lost"
        kept |= {event["id"]: event for event in page}
        after = int(page[-1]["id"])
    assert [e for e in told.events if kept.get(e) != told.events[e]] == []
    for name, ended in told.stopped.items():
        assert agent.get(f"/captures/{name}") == ended
        if ended["frames"]:
            assert decoded(agent, ended) == ended["frames"]
    if told.running is not None:
        cut = agent.get(f"/captures/{told.running}")
        assert cut["state"] == ("kept" if cut["bytes"] else "failed")
        if cut["bytes"]:
            assert decoded(agent, cut) >= 0
    files = list((agent.state / "calibrations").rglob("*.json"))
    assert told.calibrations <= {read_calibration(str(file)).version for file in files}


def decoded(agent, capture):
    return open_capture(agent.state / "captures" / capture["file"]).summary()["decoded"]


@pytest.mark.slow
def test_killed_at_fifty_moments_nothing_acknowledged_is_lost(start):
    rng = random.Random(50)
    toml = BUSY.format(recording(WALK))
    agent, events, captures, calibrations, cut = start(toml), 0, 0, 0, 0
    for _ in range(KILLS):
        told = Told(agent)
        told.act(rng.uniform(0.2, 4.0))
        assert "Traceback" not in agent.log.read_text()
        events, captures = events + len(told.events), captures + len(told.stopped)
        calibrations, cut = calibrations + len(told.calibrations), cut + (told.running is not None)
        agent = start(toml)
        check(told, agent)
    assert agent.get("/health")["problems"] == []
    assert not list(agent.state.rglob(".*.json.*"))
    assert min(events, captures, calibrations, cut) > 0
