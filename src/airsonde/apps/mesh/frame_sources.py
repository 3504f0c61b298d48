"""Where a node's frames come from: a capture, a live stream, a simulated radio."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from airsonde.apps.paced import Pace, paced_blocks
from airsonde.captures.capture import open_capture
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.csi.model import Family, FrameBatch
from airsonde.csi.ports import DatagramDecoder
from airsonde.drivers.transport.blocks import LiveSource
from airsonde.mesh.demux import decode_datagram
from airsonde.mesh.messages import Health, Message
from airsonde.mesh.packets import RawCsi
from airsonde.radios.esp32.ops import FirmwareRadio
from airsonde.radios.sim.ops import SimRadio

_TICK_S: Final = 0.1
_GAP_NS: Final = 10_000_000


async def captured(
    path: Path, speed: float, family: Family | None = None
) -> AsyncIterator[list[FrameBatch]]:
    """A capture at the pace of its own clock, again and again, on a clock that goes on.

    Raises ConfigError when it was not measured by `family`.
    """
    blocks = _endless(path, Pace(speed))
    while True:
        batches = await asyncio.to_thread(next, blocks)
        for batch in batches:
            if family not in {None, batch.lane.family}:
                raise ConfigError(f"{path} holds frames of {batch.lane.family}, not of {family}")
        yield batches


def _endless(path: Path, pace: Pace) -> Iterator[list[FrameBatch]]:
    capture = open_capture(path)
    end_ns: int | None = None
    frames = 0
    while True:
        shift_ns: int | None = None
        begun, last_ns = frames, 0
        for batches in paced_blocks(capture.reader(), pace):
            if shift_ns is None:
                first_ns = min(int(b.t_ns.min()) for b in batches)
                shift_ns = 0 if end_ns is None else end_ns + _GAP_NS - first_ns
            last_ns = max(last_ns, *(int(b.t_ns.max()) for b in batches))
            frames += sum(len(b) for b in batches)
            yield [replace(b, t_ns=b.t_ns + shift_ns, index=b.index + begun) for b in batches]
        if shift_ns is None:
            raise DecodeError(f"{path} holds no frame; `airsonde csi inspect` says why")
        end_ns = last_ns + shift_ns


async def live(
    opened: Callable[[], LiveSource], decoder: DatagramDecoder
) -> AsyncIterator[list[FrameBatch]]:
    """Frames as they come. Raises DriverError when the source cannot be opened, or fails."""
    source = opened()
    try:
        while True:
            block = await source.receive()
            yield decoder.decode_block(block.data, block.starts, block.sizes, block.t_ns)
    finally:
        await source.aclose()


async def firmware(
    opened: Callable[[], LiveSource], decoder: DatagramDecoder, radio: FirmwareRadio
) -> AsyncIterator[list[FrameBatch]]:
    """Frames of an ESP32 node as they come; its radio hears each datagram too.

    Raises DriverError when the source cannot be opened, or fails.
    """
    source = opened()
    try:
        while True:
            block = await source.receive()
            for start, size in zip(block.starts.tolist(), block.sizes.tolist(), strict=True):
                _tell(radio, block.data[start : start + size].tobytes())
            yield decoder.decode_block(block.data, block.starts, block.sizes, block.t_ns)
    finally:
        await source.aclose()


def _tell(radio: FirmwareRadio, datagram: bytes) -> None:
    with suppress(DecodeError):  # the decoder of the frames counts what is damaged
        _, unit = decode_datagram(datagram)
        said = unit.body if isinstance(unit, Message) else unit
        if isinstance(said, RawCsi | Health):
            radio.heard(said)


async def silent() -> AsyncIterator[list[FrameBatch]]:
    """Where nothing measures CSI: no frame, for as long as the node runs."""
    await asyncio.Event().wait()
    yield []


async def simulated(radio: SimRadio) -> AsyncIterator[list[FrameBatch]]:
    """What a simulated radio measured, ten times a second."""
    while True:
        await asyncio.sleep(_TICK_S)
        yield radio.frames(time.monotonic_ns())
