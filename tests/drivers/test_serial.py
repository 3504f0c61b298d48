"""The serial source over a pseudo terminal: whole lines, bounded memory, unplug and replug."""

import asyncio
import os
import tty
from contextlib import suppress

import pytest

from airsonde.core.errors import DriverError
from airsonde.drivers.transport.serial import SerialSource

pytest.importorskip("serial", reason="pyserial is not installed")


def contents(block):
    return [
        block.data[s : s + n].tobytes()
        for s, n in zip(block.starts.tolist(), block.sizes.tolist(), strict=True)
    ]


@pytest.fixture
def port(tmp_path):
    """A board (the side to write to) and a stable path to the port it appears as."""
    board = Board(tmp_path / "ttyBoard")
    yield board
    board.unplug()


class Board:
    def __init__(self, path):
        self.path = path
        self.fd = None
        self.plug()

    def plug(self):
        self.fd, slave = os.openpty()
        tty.setraw(slave)
        self.path.symlink_to(os.ttyname(slave))
        self._slave = slave

    def say(self, data):
        os.write(self.fd, data)

    def unplug(self):
        if self.fd is not None:
            os.close(self._slave)
            os.close(self.fd)
            self.path.unlink()
            self.fd = None


async def lines(source, count):
    """As a recorder asks: a little at a time, so that most calls are cancelled."""
    got = []
    async with asyncio.timeout(5):
        while len(got) < count:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    got += contents(await source.receive())
    return got


def test_lines_arrive_whole_wherever_they_were_cut(port):
    async def run():
        source = SerialSource.open(str(port.path), 921600)
        for piece in (b"CSI_DATA,1", b",2\r\nCSI_DATA,3\n\nCSI", b"_DATA,4\r\n"):
            port.say(piece)
            await asyncio.sleep(0.01)
        got = await lines(source, 3)
        await source.aclose()
        return got, source.lost

    assert asyncio.run(run()) == ([b"CSI_DATA,1,2", b"CSI_DATA,3", b"CSI_DATA,4"], 0)


def test_a_line_without_end_does_not_fill_the_memory(port):
    async def run():
        source = SerialSource.open(str(port.path), 115200)
        writer = asyncio.create_task(asyncio.to_thread(port.say_much))
        got = await lines(source, 1)
        await writer
        await source.aclose()
        return got, source.lost

    port.say_much = lambda: [port.say(b"x" * 1000) for _ in range(200)] and port.say(b"\nok\n")
    assert asyncio.run(run()) == ([b"ok"], 1)


def test_a_board_that_was_unplugged_is_waited_for(port):
    async def run():
        source = SerialSource.open(str(port.path), 115200)
        port.say(b"before\nhalf a li")
        got = await lines(source, 1)
        waiting = asyncio.create_task(lines(source, 1))
        await asyncio.sleep(0.05)
        port.unplug()
        await asyncio.sleep(0.3)
        port.plug()
        await asyncio.sleep(0.9)
        port.say(b"after\n")
        got += await waiting
        await source.aclose()
        return got, source.lost, source.reconnects

    assert asyncio.run(run()) == ([b"before", b"after"], 1, 1)


def test_what_is_there_is_taken_and_nothing_is_no_failure(port):
    async def run():
        source = SerialSource.open(str(port.path), 115200)
        empty = contents(source.take())
        port.say(b"one\ntwo\nthr")
        await asyncio.sleep(0.05)
        got = contents(source.take()), contents(source.take())
        port.unplug()
        gone = contents(source.take())
        await source.aclose()
        return empty, *got, gone, contents(source.take())

    assert asyncio.run(run()) == ([], [b"one", b"two"], [], [], [])


def test_a_port_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(DriverError, match="does not exist; is the board plugged in") as caught:
        SerialSource.open(str(tmp_path / "ttyUSB7"), 115200)
    assert caught.value.transient
