"""The life of one source: opened, heard, lost, tried again; each time it is opened is a session."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from airsonde.apps.agent.feeds import Feed, measured
from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.agent.settings import AnySource, ReplaySettings, SimulatorSettings
from airsonde.apps.live import Heard
from airsonde.captures.summary import SeenLane
from airsonde.core.errors import AirsondeError
from airsonde.csi.calibration import Calibration
from airsonde.csi.model import Family
from airsonde.csi.pipeline import Pipeline

SILENT_S: Final = 5.0
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_TICK_S: Final = 0.5
_RATE_S: Final = 5.0


class SourceState(StrEnum):
    """How it stands with a source."""

    STARTING = "starting"
    HEARING = "hearing"
    SILENT = "silent"
    WAITING = "waiting"


@dataclass(slots=True, kw_only=True)
class Session:
    """What belongs together: one opening, one pipeline, its lanes. `number`: Unix time in ns."""

    number: int
    pipeline: Pipeline
    lanes: dict[int, SeenLane] = field(default_factory=dict)
    last_t_ns: int | None = None


@dataclass(slots=True)
class Counts:
    """Of all sessions that are over."""

    frames: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    lost: int | None = None


class Audience(Protocol):
    """Who is told what becomes of a source."""

    def heard(self, source: "Source", heard: Heard) -> None:
        """Frames came, or conclusions."""

    def changed(self, source: "Source") -> None:
        """Its state or its session is another one now."""


class Source:
    """One source. `run` goes on until it is cancelled; what fails is tried again, ever later."""

    def __init__(
        self,
        name: str,
        number: int,
        settings: AnySource,
        opener: Callable[[], Feed],
        audience: Audience,
    ) -> None:
        self.name = name
        self.number = number
        self.settings = settings
        self.provenance = _expected(settings)
        self.calibration: Calibration | None = None
        self.removable = False
        self.state = SourceState.STARTING
        self.reason: str | None = None
        self.session: Session | None = None
        self.kind: str = settings.kind
        self.family: str | None = getattr(settings, "family", None)
        self.where: str | None = None
        self.chip: str | None = None
        self.heard_ns: int | None = None
        self.next_try_ns: int | None = None
        self.openings = 0
        self._feed: Feed | None = None
        self._past = Counts()
        self._opener = opener
        self._audience = audience
        self._recent: deque[tuple[float, int]] = deque()
        self._heard_s = 0.0
        self._failures = 0
        self._anew = False

    @property
    def room(self) -> str:
        return self.settings.room or self.name

    def begin_anew(self) -> None:
        """Close and open again soon: a new session."""
        self._anew = True

    async def run(self) -> None:
        while True:
            try:
                self._feed = await asyncio.to_thread(self._opener)
                await self._listen(self._feed)
            except AirsondeError as e:
                await self._close()
                await self._wait(e)
            finally:
                await self._close()

    def counts(self) -> Counts:
        """Over all sessions, the present one too."""
        past, feed = self._past, self._feed
        if feed is None:
            return past
        lost = feed.lost
        return Counts(
            frames=past.frames + feed.tally.decoded,
            skipped=past.skipped + feed.tally.skipped,
            lost=past.lost if lost is None else lost + (past.lost or 0),
        )

    def rate_hz(self) -> float | None:
        """Frames a second over the last five; None while nothing is heard."""
        self._forget(time.monotonic())
        if self.state is not SourceState.HEARING or len(self._recent) < 2:
            return None
        first_s, first_frames = self._recent[0]
        span_s = time.monotonic() - first_s
        frames = sum(n for _, n in self._recent) - first_frames
        return frames / span_s if span_s > 0 else None

    def check_silence(self) -> None:
        """Notice that nothing has come for five seconds."""
        opened = self.state in {SourceState.HEARING, SourceState.STARTING} and self._feed
        if opened and time.monotonic() - self._heard_s >= SILENT_S:
            self._become(SourceState.SILENT)

    async def _listen(self, feed: Feed) -> None:
        """One session, until the feed ends or fails or another session is asked for."""
        self._begin(feed)
        session = self.session
        assert session is not None  # noqa: S101  (begun in the line before)
        async with aclosing(feed.heard(session.pipeline)) as stream:
            async for heard in stream:
                self._take(session, heard)
                if self._anew:
                    break

    def _begin(self, feed: Feed) -> None:
        pipeline = Pipeline(self.name, calibration=self.calibration)
        self.session = Session(number=time.time_ns(), pipeline=pipeline)
        self.where, self.provenance = feed.where, feed.provenance
        self.openings += 1
        self.next_try_ns, self._anew = None, False
        self._heard_s = time.monotonic()
        if self.state is not SourceState.HEARING:
            self._become(SourceState.STARTING)
        self._audience.changed(self)

    def _take(self, session: Session, heard: Heard) -> None:
        if (last_t_ns := heard.last_t_ns) is not None:
            now_s = time.monotonic()
            self._heard_s, self.heard_ns, self._failures = now_s, time.time_ns(), 0
            session.last_t_ns = last_t_ns
            if heard.batches:
                self.family = heard.batches[0].lane.family.value
            self.chip = self._feed.chip if self._feed else self.chip
            self._recent.append((now_s, heard.number))
            self._forget(now_s)
            self._become(SourceState.HEARING)
        self._audience.heard(self, heard)

    def _forget(self, now_s: float) -> None:
        while self._recent and now_s - self._recent[0][0] > _RATE_S:
            self._recent.popleft()

    async def _close(self) -> None:
        feed = self._feed
        if feed is not None:
            self._past = self.counts()
            self._feed = None
            await feed.aclose()

    async def _wait(self, error: AirsondeError) -> None:
        """Wait before the next try; meanwhile the pipeline learns that time passes."""
        wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**self._failures)
        wait_s *= random.uniform(0.75, 1.0)  # noqa: S311  (so that many do not try at once)
        self._failures = min(self._failures + 1, 16)
        until_s = time.monotonic() + wait_s
        self.next_try_ns = time.time_ns() + round(wait_s * 1e9)
        self._become(SourceState.WAITING, str(error))
        while (left_s := until_s - time.monotonic()) > 0:
            await asyncio.sleep(min(_TICK_S, left_s))
            self._let_time_pass()

    def _let_time_pass(self) -> None:
        session = self.session
        if session is None or session.last_t_ns is None or self.provenance != Provenance.LIVE:
            return
        passed_ns = round((time.monotonic() - self._heard_s) * 1e9)
        findings = session.pipeline.advance(session.last_t_ns + passed_ns)
        if findings.looks or findings.events:
            self._audience.heard(self, Heard([], findings))

    def _become(self, state: SourceState, reason: str | None = None) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self._audience.changed(self)


def _expected(settings: AnySource) -> Provenance:
    """What frames will be before the first has come."""
    match settings:
        case SimulatorSettings():
            return Provenance.SIMULATED
        case ReplaySettings():
            return Provenance.REPLAY
        case _:
            return measured(getattr(settings, "family", Family.UNKNOWN), live=True)
