"""Record live payloads into a capture: receive blocks, decode, write, account for everything."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from airsonde.captures.model import Origin, Writer
from airsonde.captures.registry import writable
from airsonde.core.errors import ConfigError
from airsonde.csi.batches import concatenate
from airsonde.csi.model import Family, FrameBatch
from airsonde.csi.ports import DatagramDecoder
from airsonde.drivers.transport.blocks import LiveSource, PayloadBlock

WRITE_FRAMES = 100
WRITE_EVERY_S = 1.0
_TICK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to stop by itself: after a time, after a number of decoded frames, or never."""

    duration_s: float | None = None
    frames: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of every payload: received = decoded + all skipped; `lost` never got here."""

    elapsed_s: float
    received: int
    decoded: int
    skipped: dict[str, int] = field(default_factory=dict)
    lost: int | None = None


class Opener(Protocol):
    """Begins a capture when the first frames are there and the chip may be known."""

    def __call__(self, chip: str | None) -> Writer: ...


class Recorder:
    """Runs from one source into one capture until a limit is reached or `stop` is called.

    What has been written is at most a second old; a kill loses no more than that.
    """

    def __init__(
        self, source: LiveSource, decoder: DatagramDecoder, opener: Opener, limits: Limits
    ) -> None:
        self._source = source
        self._decoder = decoder
        self._opener = opener
        self._limits = limits
        self._writer: Writer | None = None
        self._waiting: list[FrameBatch] = []
        self._written_s = self._began_s = 0.0
        self._stopped = False

    def stop(self) -> None:
        """End soon, in order; what has already arrived is still recorded."""
        self._stopped = True

    async def run(self, on_progress: Callable[[Account], None] = lambda _: None) -> Account:
        """Record to the end. Raises DriverError when the source or the disk fails.

        The capture holds what was decoded in every case; without a single frame none is made.
        """
        clock = asyncio.get_running_loop().time
        self._began_s = self._written_s = clock()
        try:
            while not self._done(clock()):
                block = await self._next(clock())
                if block is not None:
                    self._decode(block)
                self._write_if_due(clock())
                on_progress(self.account(clock()))
            self._drain()
        finally:
            self._close()
        return self.account(clock())

    def account(self, now_s: float) -> Account:
        """Where it stands."""
        tally = self._decoder.tally
        return Account(
            elapsed_s=now_s - self._began_s,
            received=tally.records,
            decoded=tally.decoded,
            skipped=dict(tally.skipped),
            lost=self._source.lost,
        )

    def _done(self, now_s: float) -> bool:
        duration_s = self._limits.duration_s
        over = duration_s is not None and now_s - self._began_s >= duration_s
        return self._stopped or over or self._room() == 0

    def _room(self) -> int | None:
        if self._limits.frames is None:
            return None
        return max(0, self._limits.frames - self._decoder.tally.decoded)

    async def _next(self, now_s: float) -> PayloadBlock | None:
        wait_s = _TICK_S
        if self._limits.duration_s is not None:
            wait_s = min(wait_s, self._began_s + self._limits.duration_s - now_s)
        try:
            async with asyncio.timeout(wait_s):
                return await self._source.receive()
        except TimeoutError:
            return None

    def _drain(self) -> None:
        """Take what arrived before the end and has not been read yet, at most a few blocks."""
        for _ in range(64):
            block = self._source.take()
            if not len(block) or self._room() == 0:
                return
            self._decode(block)

    def _decode(self, block: PayloadBlock) -> None:
        """Decode a block; never more payloads at once than frames may still come."""
        first = 0
        while first < len(block) and (room := self._room()) != 0:
            rows = slice(first, None if room is None else first + room)
            starts, sizes, t_ns = block.starts[rows], block.sizes[rows], block.t_ns[rows]
            self._waiting += self._decoder.decode_block(block.data, starts, sizes, t_ns)
            first += len(starts)

    def _close(self) -> None:
        try:
            self._write()
        finally:
            if self._writer is not None:
                self._writer.close()

    def _write_if_due(self, now_s: float) -> None:
        due = now_s - self._written_s >= WRITE_EVERY_S
        if due or sum(map(len, self._waiting)) >= WRITE_FRAMES:
            self._write()
            self._written_s = now_s

    def _write(self) -> None:
        if not self._waiting:
            return
        if self._writer is None:
            self._writer = self._opener(self._decoder.chip)
        by_lane: dict[int, list[FrameBatch]] = {}
        for batch in self._waiting:
            by_lane.setdefault(batch.lane.number, []).append(batch)
        self._waiting = []
        self._writer.write([concatenate(batches) for batches in by_lane.values()])


def survives_a_kill(path: Path) -> bool:
    """Whether what has been recorded in this format is there after a kill or a power cut.

    Raises ConfigError when the suffix names no format that can be written.
    """
    return writable(path).recorder is not None


def capture_opener(path: Path, source: str, family: Family) -> Opener:
    """Open a capture in the format its suffix names; what is there is replaced when frames come.

    Raises ConfigError when the suffix names none.
    """
    form = writable(path)

    def opener(chip: str | None) -> Writer:
        origin = Origin(source=source, family=family, chip=chip)
        if form.recorder is not None:
            path.unlink(missing_ok=True)
            return form.recorder(path, origin)
        assert form.writer is not None  # noqa: S101  (only formats with a writer are writable)
        return form.writer(path, origin)

    return opener


def free_name(path: Path) -> Path:
    """The path itself, or where it exists the first free of `name-2.suffix` and so on."""
    stem, dot, suffixes = path.name.partition(".")
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{stem}-{number}{dot}{suffixes}")
    return free


def check_target(path: Path, *, force: bool) -> None:
    """Raise ConfigError when a recording would overwrite something or has no folder to go to."""
    if path.is_dir():
        raise ConfigError(f"{path} is a directory; name the capture to write in it")
    if not path.parent.is_dir():
        raise ConfigError(f"there is no folder {path.parent}; make it first")
    if path.exists() and not force:
        raise ConfigError(
            f"{path} exists; --force overwrites it, --next writes {free_name(path).name} instead"
        )
