"""Sources whose file or port is taken away: said, tried again, heard again, nothing forgotten."""

import asyncio
import contextlib
import itertools
import os
import shutil

import pytest

from airsonde.apps.agent.settings import ReplaySettings, SerialSettings
from airsonde.apps.agent.source import SourceState
from airsonde.csi.events import EventKind
from airsonde.csi.model import Family
from tests.apps.agent.test_source import running, until
from tests.drivers.test_serial import Board
from tests.recordings import recording

CAPTURE = "nexmon/43455c0_20mhz.pcap"
LINES = "esp32/example_csi.csv"


@pytest.fixture
def copy(tmp_path):
    """A recording that may be spoilt."""
    path = tmp_path / "copy.pcap"
    shutil.copy(recording(CAPTURE), path)
    path.chmod(0o600)
    return path


def cut(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 3)


def empty(path):
    path.write_bytes(b"")


def replace(path):
    fresh = path.with_suffix(".new")
    fresh.write_bytes(os.urandom(100_000))
    fresh.replace(path)


def overwrite(path):
    path.write_bytes(b"\xff" * 200_000)


@pytest.mark.parametrize("spoil", [cut, empty, replace, overwrite, os.unlink])
def test_a_capture_that_is_spoilt_while_it_plays(copy, spoil):
    async def scenario():
        settings = ReplaySettings(kind="replay", capture=copy, speed=100.0)
        async with running(settings) as (source, told):
            await until(lambda: told.frames > 0)
            first = source.openings
            spoil(copy)
            if spoil is cut:  # what is left of it is a capture still
                await until(lambda: source.openings > first + 1, 30)
            else:
                await until(lambda: source.state is SourceState.WAITING, 30)
                assert copy.name in source.reason
            copy.unlink(missing_ok=True)
            shutil.copy(recording(CAPTURE), copy)
            before = told.frames
            await until(lambda: told.frames > before, 30)
            assert source.settings is settings

    asyncio.run(scenario())


async def say(board, lines, number):
    """A line each ten milliseconds; what nobody reads is lost, as on a wire."""
    os.set_blocking(board.fd, False)
    for line in itertools.islice(itertools.cycle(lines), number):
        with contextlib.suppress(BlockingIOError):
            board.say(line + b"\r\n")
        await asyncio.sleep(0.01)


@pytest.mark.slow
def test_a_board_that_is_pulled_out_and_plugged_in_again(tmp_path):
    pytest.importorskip("serial", reason="pyserial is not installed")
    lines = recording(LINES).read_bytes().splitlines()[1:]

    async def scenario():
        board = Board(tmp_path / "ttyUSB0")
        settings = SerialSettings(kind="serial", path=str(board.path), family=Family.ESP32)
        async with running(settings) as (source, told):
            await until(lambda: source.session)
            await say(board, lines, 150)
            await until(lambda: told.frames >= 100)
            assert source.state is SourceState.HEARING
            board.unplug()
            await until(lambda: EventKind.DEVICE_DISCONNECTED in [e.kind for e in told.events], 20)
            source.check_silence()
            assert source.state is SourceState.SILENT
            before = told.frames
            board.plug()
            async with asyncio.timeout(40):
                while told.frames == before:
                    await say(board, lines, 5)
            assert source.state is SourceState.HEARING
            assert source.settings is settings
        board.unplug()

    asyncio.run(scenario())
