"""RF memory of the running agent: what each second was like, kept so that the past can be asked."""

import asyncio
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Final

from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.agent.settings import MemorySettings
from airsonde.apps.agent.source import Source
from airsonde.core.errors import ConfigError, DriverError
from airsonde.csi.embedding import ENCODER, window_embedding
from airsonde.csi.events import Window
from airsonde.csi.memory import Holding, Memory, MemoryKind, RfMemory, Where

if TYPE_CHECKING:
    from airsonde.apps.memory import Hit

_TICK_S: Final = 1.0
_TIDY_S: Final = 3600.0
_SECOND_NS: Final = 1_000_000_000
_DAY_NS: Final = 86_400 * _SECOND_NS
_LATE_NS: Final = 10 * _SECOND_NS  # more is a clock that was set back
_MOST_WAITING: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A window that is to be remembered, and whose it is."""

    window: Window
    source: str
    room: str
    session: int
    origin: str
    told_ns: int

    def memory(self) -> Memory:
        window = self.window
        return Memory(
            kind=MemoryKind.WINDOW,
            encoder=ENCODER,
            embedding=window_embedding(window),
            source=self.source,
            t_ns=window.start_ns,
            room=self.room,
            numbers={
                "lane": window.lane.number,
                "frames": len(window.frames),
                "quality": window.quality,
                "session": self.session,
                "window_id": window.window_id,
                "origin": self.origin,
                "told_ns": self.told_ns,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Which memories are asked for: the k most like `like`, not nearer to it than `apart_s`."""

    like: Memory
    where: Where
    k: int
    apart_s: float


class Remembering:
    """A part of the agent. `take` never waits; a thread embeds and writes once a second.

    Of each of `sources` one window a second is kept, that of the lane with the most frames; one
    that hears little concludes a second when it is past, which is too late. A second that is kept
    already, of a replay that begins again, is not kept twice. Of sources that come and go only the
    newest is noted.
    """

    name = "memory"

    def __init__(self, settings: MemorySettings, sources: Collection[str]) -> None:
        self._settings = settings
        self._sources = sources
        self._store: RfMemory | None = None
        self._newest: dict[str, Noticed] = {}
        self._waiting: deque[Noticed] = deque(maxlen=_MOST_WAITING)
        self._writing = Lock()
        self._tidied_s: float | None = None

    def take(self, source: Source, session: int, window: Window, told_ns: int) -> None:
        """Note a window that was concluded; those that begin within a second are left out."""
        if window.start_ns % _SECOND_NS or window.start_ns < 0 or not window.amplitude.any():
            return
        before = self._newest.get(source.name)
        late_ns = before.window.start_ns - window.start_ns if before else -1
        if before and before.session == session and 0 <= late_ns <= _LATE_NS:
            if late_ns or len(before.window.frames) >= len(window.frames):
                return
        elif before and source.name in self._sources:
            self._waiting.append(before)
        self._newest[source.name] = Noticed(
            window=window,
            source=source.name,
            room=source.room,
            session=session,
            origin=source.provenance.value,
            told_ns=told_ns,
        )

    async def run(self) -> None:
        """Open, write, forget the old, until it is cancelled. Raises DriverError, ConfigError."""
        store = self._store = await asyncio.to_thread(_opened, self._settings.store)
        try:
            while True:
                await asyncio.to_thread(self._write, store)
                await asyncio.to_thread(self._tidy, store)
                await asyncio.sleep(_TICK_S)
        finally:
            self._store = None
            await asyncio.to_thread(self._end, store)

    async def now(self, source: str) -> Memory:
        """The newest second of a source. Raises ConfigError when nothing was heard of it."""
        noticed = self._newest.get(source)
        if noticed is None:
            raise ConfigError(f"no second of {source} has been heard yet")
        return await asyncio.to_thread(noticed.memory)

    async def find(self, memory_id: int) -> Memory | None:
        """One that is kept."""
        found = await asyncio.to_thread(self._opened().memories.get, Where(ids=(memory_id,)))
        return found[0].memory if found else None

    async def alike(self, asked: Alike) -> "list[Hit]":
        """The most alike first. Raises ConfigError while the store is not open."""
        return await asyncio.to_thread(_alike, self._opened(), asked)

    async def holdings(self) -> list[Holding]:
        """How much there is of each room and source."""
        return await asyncio.to_thread(self._opened().memories.count, Where())

    def _opened(self) -> RfMemory:
        if self._store is None:
            raise ConfigError("the memory is not open; GET /api/v1/health says why")
        return self._store

    def _write(self, store: RfMemory) -> None:
        """Keep what waits; it waits on when the store fails."""
        from airsonde.apps.memory import keep

        with self._writing:
            noticed = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                if fresh := _fresh(store, noticed):
                    keep(store, [one.memory() for one in fresh])
            except DriverError:
                self._waiting.extendleft(reversed(noticed))
                raise

    def _end(self, store: RfMemory) -> None:
        self._waiting.extend(n for n in self._newest.values() if n.source in self._sources)
        self._newest.clear()
        try:
            self._write(store)
        finally:
            store.close()

    def _tidy(self, store: RfMemory) -> None:
        """Once an hour forget what is older, or more, than may be kept of each source.

        The age is that beside the newest of the same source, by whose clock it was noted.
        """
        now_s = time.monotonic()
        if self._tidied_s is not None and now_s - self._tidied_s < _TIDY_S:
            return
        self._tidied_s = now_s
        days_ns = round(self._settings.days * _DAY_NS)
        for source in self._sources:
            held = store.memories.count(Where(source=source))
            if held:
                until_ns = max(holding.last_t_ns for holding in held) - days_ns
                store.memories.delete(Where(source=source, until_ns=until_ns))
                store.memories.retain(Where(source=source), self._settings.windows)


def _opened(address: str | None) -> RfMemory:
    from airsonde.apps.memory_stores import open_store

    return open_store(address)


def _fresh(store: RfMemory, noticed: list[Noticed]) -> list[Noticed]:
    """Without what a replay said before; a live clock may start anew, so all of it is new."""
    live = [one for one in noticed if one.origin == Provenance.LIVE]
    seconds = {(n.source, n.window.start_ns): n for n in noticed if n.origin != Provenance.LIVE}
    return live + [one for one in seconds.values() if not _is_kept(store, one)]


def _is_kept(store: RfMemory, noticed: Noticed) -> bool:
    start_ns = noticed.window.start_ns
    same = Where(source=noticed.source, since_ns=start_ns, until_ns=start_ns + 1)
    return bool(store.memories.get(same, limit=1))


def _alike(store: RfMemory, asked: Alike) -> "list[Hit]":
    """Memories before and behind the time that is left out, together."""
    from airsonde.apps.memory import search

    like, apart_ns = asked.like, round(asked.apart_s * 1e9)
    where = replace(asked.where, encoder=like.encoder)
    early_ns, late_ns = like.t_ns - apart_ns, like.t_ns + apart_ns + 1
    until_ns = early_ns if where.until_ns is None else min(early_ns, where.until_ns)
    since_ns = late_ns if where.since_ns is None else max(late_ns, where.since_ns)
    hits = [
        *search(store, like.embedding, asked.k, replace(where, until_ns=until_ns)),
        *search(store, like.embedding, asked.k, replace(where, since_ns=since_ns)),
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.record.memory_id))[: asked.k]
