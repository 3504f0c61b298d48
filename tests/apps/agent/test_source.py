"""Sources that come and go: what is said, when it is tried again, what stays."""

import asyncio
import contextlib
import socket
import struct
import time

import pytest

from airsonde.apps.agent.feeds import opener_of
from airsonde.apps.agent.provenance import Provenance, least_real
from airsonde.apps.agent.settings import ReplaySettings, SimulatorSettings, UdpSettings
from airsonde.apps.agent.source import Source, SourceState
from airsonde.captures.capture import open_capture
from airsonde.csi.events import EventKind
from airsonde.csi.model import Family
from tests.faces.http.running import free_port
from tests.recordings import recording


class Heard:
    """Notes what a source tells."""

    def __init__(self):
        self.frames = 0
        self.events = []
        self.states = []
        self.sessions = set()

    def heard(self, source, heard):
        self.frames += sum(map(len, heard.batches))
        self.events += heard.findings.events

    def changed(self, source):
        self.states.append(source.state)
        if source.session:
            self.sessions.add(source.session.number)


@contextlib.asynccontextmanager
async def running(settings, name="one"):
    told = Heard()
    source = Source(name, 0, settings, opener_of(settings), told)
    task = asyncio.create_task(source.run())
    try:
        yield source, told
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(condition, seconds=8.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.02)


def test_a_port_in_use_is_tried_again_until_it_is_free():
    async def scenario():
        port = free_port()
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind(("127.0.0.1", port))
        settings = UdpSettings(kind="udp", family=Family.SIM, host="127.0.0.1", port=port)
        async with running(settings) as (source, told):
            await until(lambda: source.state is SourceState.WAITING)
            assert "in use" in source.reason
            assert source.next_try_ns > time.time_ns() - 1_000_000_000
            other.close()
            await until(lambda: source.state is SourceState.STARTING)
            assert (source.reason, source.next_try_ns) == (None, None)
            source.begin_anew()
        assert SourceState.WAITING in told.states

    asyncio.run(scenario())


def test_a_missing_capture_waits_ever_longer():
    async def scenario():
        settings = ReplaySettings(kind="replay", capture="/nowhere.pcap")
        async with running(settings) as (source, _):
            await until(lambda: source.state is SourceState.WAITING)
            first_ns = source.next_try_ns
            await until(lambda: source.next_try_ns > first_ns)
            assert source.next_try_ns - first_ns > 600_000_000
            assert "does not exist" in source.reason

    asyncio.run(scenario())


def test_each_pass_of_a_replay_is_a_session_of_its_own():
    async def scenario():
        path = recording("nexmon/output-rssi.pcap")
        settings = ReplaySettings(kind="replay", capture=path, speed=100.0)
        async with running(settings) as (source, told):
            await until(lambda: source.openings > 2)
            assert source.provenance is Provenance.REPLAY
            assert source.counts().frames >= told.frames >= 2 * open_capture(path).survey.decoded
        assert len(told.sessions) >= 3

    asyncio.run(scenario())


def test_a_capture_without_a_frame_is_a_fault_and_no_busy_loop(tmp_path):
    async def scenario():
        path = tmp_path / "empty.pcap"
        path.write_bytes(recording("nexmon/output-rssi.pcap").read_bytes()[:24])
        settings = ReplaySettings(kind="replay", capture=path)
        async with running(settings) as (source, _):
            await until(lambda: source.state is SourceState.WAITING)
            assert source.openings <= 1
            assert source.reason

    asyncio.run(scenario())


def test_the_simulator_says_that_it_is_one():
    async def scenario():
        async with running(SimulatorSettings(kind="simulator", speed=20.0)) as (source, told):
            await until(lambda: told.frames > 200)
            assert source.provenance is Provenance.SIMULATED
            assert source.rate_hz() > 100

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_sender_that_falls_silent_is_told_once_and_heard_again():
    async def scenario():
        port = free_port()
        settings = UdpSettings(kind="udp", family=Family.SIM, host="127.0.0.1", port=port)
        sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

        async def send(number):
            for at in range(number):
                sender.sendto(payload(at), ("127.0.0.1", port))
                await asyncio.sleep(0.02)

        async with running(settings) as (source, told):
            await until(lambda: source.session)
            await send(100)
            await until(lambda: told.events, 12)
            source.check_silence()
            assert source.state is SourceState.SILENT
            assert [e.kind for e in told.events].count(EventKind.DEVICE_DISCONNECTED) == 1
            await send(5)
            await until(lambda: source.state is SourceState.HEARING)
            assert len(told.sessions) == 1

    with contextlib.ExitStack() as stack:
        asyncio.run(scenario())


def payload(number):
    """A datagram of a simulated radio of 64 subcarriers."""
    return struct.pack("<4sHhIq", b"SIM1", 64, -40, number, 0) + b"\x64\0\x32\0" * 64


def test_what_may_be_claimed_of_several_is_the_least():
    real, again, made = Provenance
    assert least_real([]) is real
    assert least_real([real, again]) is again
    assert least_real([made, again, real]) is made
    assert [p.number for p in Provenance] == [0, 1, 2]
