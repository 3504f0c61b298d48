"""Agents that several tests ask."""

import pytest

from tests.faces.http.running import RunningAgent
from tests.recordings import recording

WALK = "motion/fition_room1/walking_user1_rm1/walking_user1_rm1_1.pcap"


@pytest.fixture(scope="session")
def agent(tmp_path_factory):
    """An agent with a simulated room, ten times as fast as time."""
    running = RunningAgent(tmp_path_factory.mktemp("agent"))
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def replaying(tmp_path_factory):
    """An agent that replays a recording of somebody who walks."""
    path = recording(WALK)
    toml = f'[sources.walk]\nkind = "replay"\ncapture = "{path}"\nspeed = 8.0\nroom = "hall"\n'
    running = RunningAgent(tmp_path_factory.mktemp("replay"), toml)
    running.path = path
    yield running
    assert running.stop() == 0


@pytest.fixture
def start(tmp_path):
    """Starts agents that end with the test."""
    begun = []

    def starter(toml, *args):
        begun.append(RunningAgent(tmp_path, toml, *args))
        return begun[-1]

    yield starter
    for running in begun:
        if running.process.poll() is None:
            running.stop()
