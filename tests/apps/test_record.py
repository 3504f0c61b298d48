"""Recording end to end: loopback into a capture, limits, stops, and an account that adds up."""

import asyncio
import socket
import threading
import time

import numpy as np
import pytest

from airsonde.apps.record import Limits, Recorder, check_target, free_name
from airsonde.core.errors import ConfigError, DriverError
from airsonde.csi.batches import concatenate
from airsonde.drivers.transport.udp import UdpSource
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.decode import datagrams, encode


class MemoryWriter:
    """Keeps what it was given."""

    def __init__(self, chip):
        self.chip, self.parts, self.closed = chip, [], 0

    def write(self, batches):
        assert batches
        assert all(len(b) for b in batches)
        self.parts.append(list(batches))

    def close(self):
        self.closed += 1

    def abort(self):
        raise AssertionError("what was recorded is kept")

    @property
    def frames(self):
        return concatenate([b for part in self.parts for b in part])


class Shelf:
    """Opens writers and remembers them."""

    def __init__(self, make=MemoryWriter):
        self.make, self.writers = make, []

    def __call__(self, chip):
        self.writers.append(self.make(chip))
        return self.writers[-1]


def simulated(seconds):
    capture = SimulatedCapture(seconds=seconds, chip="simulated-20mhz")
    return concatenate([b for block in capture.blocks() for b in block])


def sending(port, payloads, pause_s=0.0):
    def run():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for payload in payloads:
                sender.sendto(payload, ("127.0.0.1", port))
                time.sleep(pause_s)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


async def record(payloads, limits, *, shelf, stop_after=None, pause_s=0.0):
    source = UdpSource.bind("127.0.0.1", 0)
    recorder = Recorder(source, datagrams(), shelf, limits)
    if stop_after is not None:
        asyncio.get_running_loop().call_later(stop_after, recorder.stop)
    thread = sending(source.port, payloads, pause_s)
    try:
        async with asyncio.timeout(10):
            return await recorder.run()
    finally:
        await asyncio.to_thread(thread.join)
        await source.aclose()


def test_what_is_sent_is_written():
    batch, shelf = simulated(5), Shelf()
    account = asyncio.run(record(encode(batch), Limits(frames=500), shelf=shelf))
    assert (account.received, account.decoded, account.skipped, account.lost) == (500, 500, {}, 0)
    (writer,) = shelf.writers
    assert writer.closed == 1
    assert writer.chip == "simulated-20mhz"
    assert np.array_equal(writer.frames.csi, batch.csi)
    assert writer.frames.index.tolist() == list(range(500))


def test_a_count_is_exact_and_the_account_adds_up():
    payloads = encode(simulated(2))
    mixed = [p for pair in zip(payloads, [b"junk"] * 200, strict=True) for p in pair]
    shelf = Shelf()
    account = asyncio.run(record(mixed, Limits(frames=33), shelf=shelf))
    assert account.decoded == len(shelf.writers[0].frames) == 33
    assert account.received == 33 + sum(account.skipped.values())


def test_a_duration_ends_it_and_slow_frames_are_written_within_a_second():
    shelf = Shelf()
    account = asyncio.run(
        record(encode(simulated(0.3)), Limits(duration_s=2.2), shelf=shelf, pause_s=0.05)
    )
    assert account.elapsed_s == pytest.approx(2.2, abs=0.15)
    (writer,) = shelf.writers
    assert len(writer.parts) >= 2
    assert all(np.ptp(part[0].t_ns) < 1.3e9 for part in writer.parts)
    assert account.decoded == len(writer.frames) == 30


def test_a_stop_keeps_what_has_arrived():
    shelf = Shelf()
    account = asyncio.run(record(encode(simulated(1)), Limits(), shelf=shelf, stop_after=0.3))
    assert account.decoded == len(shelf.writers[0].frames) == 100
    assert shelf.writers[0].closed == 1


def test_nothing_received_makes_no_capture():
    shelf = Shelf()
    account = asyncio.run(record([b"junk"], Limits(duration_s=0.3), shelf=shelf))
    assert (account.received, account.decoded) == (1, 0)
    assert shelf.writers == []


def test_a_full_disk_ends_it_and_keeps_what_was_written():
    class Full(MemoryWriter):
        def write(self, batches):
            if self.parts:
                raise DriverError("no space left")
            super().write(batches)

    shelf = Shelf(Full)
    with pytest.raises(DriverError, match="no space left"):
        asyncio.run(record(encode(simulated(5)), Limits(), shelf=shelf, stop_after=3))
    assert shelf.writers[0].closed == 1


def test_a_source_that_fails_leaves_what_it_delivered():
    class Failing:
        name, lost = "failing", None

        def __init__(self, source):
            self.source, self.blocks = source, 0

        async def receive(self):
            self.blocks += 1
            if self.blocks == 3:
                raise DriverError("the network is down")
            return await self.source.receive()

    async def run(shelf):
        source = UdpSource.bind("127.0.0.1", 0)
        thread = sending(source.port, encode(simulated(0.2)), pause_s=0.02)
        try:
            await Recorder(Failing(source), datagrams(), shelf, Limits()).run()
        finally:
            await asyncio.to_thread(thread.join)
            await source.aclose()

    shelf = Shelf()
    with pytest.raises(DriverError, match="the network is down"):
        asyncio.run(run(shelf))
    assert len(shelf.writers[0].frames) >= 2
    assert shelf.writers[0].closed == 1


def test_nothing_is_overwritten_unasked(tmp_path):
    out = tmp_path / "walk.arrows.zst"
    check_target(out, force=False)
    out.write_bytes(b"precious")
    (tmp_path / "walk-2.arrows.zst").write_bytes(b"too")
    with pytest.raises(ConfigError, match=r"--next writes walk-3\.arrows\.zst"):
        check_target(out, force=False)
    check_target(out, force=True)
    assert free_name(out) == tmp_path / "walk-3.arrows.zst"
    with pytest.raises(ConfigError, match="is a directory"):
        check_target(tmp_path, force=True)
    with pytest.raises(ConfigError, match="there is no folder"):
        check_target(tmp_path / "none" / "x.rvcsi", force=True)
