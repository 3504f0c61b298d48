"""Ways frames come in, live, replayed or computed, behind one shape."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Protocol

from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.agent.settings import (
    AnySource,
    ReplaySettings,
    RssiSettings,
    SerialSettings,
    SimulatorSettings,
    UdpSettings,
)
from airsonde.apps.live import LINGER_S, Heard, LiveRun
from airsonde.apps.paced import Pace, paced_blocks
from airsonde.captures.capture import open_capture
from airsonde.captures.model import Reader
from airsonde.core.errors import ConfigError, DecodeError, DriverError
from airsonde.csi.model import Family, FrameBatch, Tally
from airsonde.csi.pipeline import Pipeline
from airsonde.csi.ports import DatagramDecoder
from airsonde.drivers.transport.blocks import LiveSource


class Feed(Protocol):
    """One opened way in; `heard` ends where a replay does."""

    where: str
    provenance: Provenance

    @property
    def chip(self) -> str | None: ...
    @property
    def tally(self) -> Tally: ...
    @property
    def lost(self) -> int | None: ...

    def heard(self, pipeline: Pipeline) -> AsyncGenerator[Heard, None]:
        """What comes, as it comes. Raises AirsondeError when it fails."""

    async def aclose(self) -> None: ...


class LiveFeed:
    """A socket or a port."""

    def __init__(self, source: LiveSource, family: Family) -> None:
        from airsonde.apps.python_api import datagram_decoder

        self.where = source.name
        self.provenance = measured(family, live=True)
        self._decoder: DatagramDecoder = datagram_decoder(family)
        self._source = source

    @property
    def chip(self) -> str | None:
        return self._decoder.chip

    @property
    def tally(self) -> Tally:
        return self._decoder.tally

    @property
    def lost(self) -> int | None:
        return self._source.lost

    def heard(self, pipeline: Pipeline) -> AsyncGenerator[Heard, None]:
        return LiveRun(self._source, self._decoder, pipeline).heard()

    async def aclose(self) -> None:
        await self._source.aclose()


class PlayedFeed:
    """One pass over a recording or a simulation, at the pace of its own clock."""

    lost: int | None = None

    def __init__(self, reader: Reader, where: str, speed: float) -> None:
        self.where = where
        self.provenance = measured(reader.family, live=False)
        self._reader = reader
        self._speed = speed

    @property
    def chip(self) -> str | None:
        return self._reader.chip

    @property
    def tally(self) -> Tally:
        return self._reader.tally

    async def heard(self, pipeline: Pipeline) -> AsyncGenerator[Heard, None]:
        """Slices when their time has come. Raises DecodeError where there is no frame at all."""
        wait = _Wait()
        slices = paced_blocks(self._reader, Pace(self._speed, sleep=wait.note))
        while (batches := await asyncio.to_thread(_next, slices)) is not None:
            await wait.over()
            yield Heard(batches, pipeline.feed(batches))
        if not self.tally.decoded:
            raise DecodeError(f"{self.where} holds no frame; `airsonde csi inspect` says why")
        yield Heard([], pipeline.flush())

    async def aclose(self) -> None:
        """Nothing is held open between two slices."""


class _Wait:
    """Takes note of how long the pace wants to sleep, so that nothing else sleeps with it."""

    def __init__(self) -> None:
        self._s = 0.0

    def note(self, seconds: float) -> None:
        self._s = seconds

    async def over(self) -> None:
        seconds, self._s = self._s, 0.0
        await asyncio.sleep(seconds)


def _next(slices: Iterator[list[FrameBatch]]) -> list[FrameBatch] | None:
    return next(slices, None)


def measured(family: Family, *, live: bool) -> Provenance:
    """How real the frames of a family are: those of simulated radios are not, live or not."""
    if family is Family.SIM:
        return Provenance.SIMULATED
    return Provenance.LIVE if live else Provenance.REPLAY


def opener_of(settings: AnySource) -> Callable[[], Feed]:
    """How a source is opened, which may block; opening raises AirsondeError."""
    match settings:
        case UdpSettings():
            return lambda: _udp(settings)
        case SerialSettings():
            return lambda: _serial(settings)
        case ReplaySettings():
            return lambda: _replay(settings.capture, settings.speed)
        case SimulatorSettings():
            return lambda: _simulator(settings)
        case RssiSettings():
            return lambda: _signal(settings.interface)
        case _:
            raise ConfigError(f"no source is made of {type(settings).__name__}")


def _udp(settings: UdpSettings) -> Feed:
    from airsonde.drivers.transport.udp import UdpSource

    source = UdpSource.bind(settings.host, settings.port, linger_s=LINGER_S)
    return LiveFeed(source, settings.family)


def _serial(settings: SerialSettings) -> Feed:
    from airsonde.drivers.transport.serial import SerialSource

    return LiveFeed(SerialSource.open(settings.path, settings.baud), settings.family)


def _replay(path: Path, speed: float) -> Feed:
    capture = open_capture(path)
    try:
        return PlayedFeed(capture.reader(), path.name, speed)
    except OSError as e:
        raise DriverError(f"cannot read {path}: {e.strerror}") from e


def _signal(name: str) -> Feed:
    from airsonde.apps.agent.signal_feed import SignalFeed
    from airsonde.drivers.linux.interface import Interface

    return SignalFeed(Interface.named(name))


def _simulator(settings: SimulatorSettings) -> Feed:
    from airsonde.radios.sim.capture import SimulatedCapture
    from airsonde.radios.sim.scene import Scene

    reader = SimulatedCapture(Scene(motion=settings.scene), seconds=120.0, seed=settings.seed)
    return PlayedFeed(reader, "simulated room", settings.speed)
