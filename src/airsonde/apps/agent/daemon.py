"""Runs the agent: its sources and parts, a tick a second, until it is told to stop."""

import asyncio
import gc
import time
from collections.abc import Sequence
from typing import Final

from airsonde.apps.agent.agent import Agent
from airsonde.apps.agent.parts import Part, PartState, kept_running
from airsonde.apps.agent.source import Source
from airsonde.core.errors import DriverError
from airsonde.drivers.linux.process import resident_bytes
from airsonde.drivers.linux.systemd import Notifier

_TICK_S: Final = 1.0
_SETTLE_S: Final = 5.0
_TIDY_S: Final = 3600.0
_DAY_NS: Final = 86_400_000_000_000


class Daemon:
    """One run of an agent."""

    def __init__(self, agent: Agent, notifier: Notifier | None = None) -> None:
        self._agent = agent
        self._notifier = notifier or Notifier()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopped = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._tidied_s: float | None = None
        self._cpu_s = time.process_time()
        self._ticked_s = time.monotonic()

    def ask_to_stop(self) -> None:
        """End soon, in order."""
        self._stopped.set()

    def start(self, source: Source) -> None:
        self._tasks[source.name] = self._group.create_task(source.run(), name=source.name)

    async def stop(self, source: Source) -> None:
        """End a source; its task is over when this returns."""
        task = self._tasks.pop(source.name)
        task.cancel()
        await asyncio.wait({task})

    async def run(self, parts: Sequence[Part]) -> None:
        """Run everything until `ask_to_stop`. Raises what no part should raise."""
        agent, running = self._agent, []
        try:
            async with self._group as group:
                for part in parts:
                    state = PartState(part.name)
                    agent.parts.append(state)
                    running.append(group.create_task(kept_running(part, state, agent.log)))
                for source in agent.sources.values():
                    self.start(source)
                running.append(group.create_task(self._tick()))
                running.append(group.create_task(_settle()))
                self._tell_systemd(ready=True)
                await self._stopped.wait()
                for task in (*running, *self._tasks.values()):
                    task.cancel()
        finally:
            self._tell_systemd(stopping=True)
            agent.close()

    async def _tick(self) -> None:
        """Once a second: notice silence, tell how it stands, feed the watchdog, forget the old."""
        while True:
            self._tidy()
            for source in list(self._agent.sources.values()):
                source.check_silence()
                self._agent.teller.source(source)
            for running in self._agent.recordings.running:
                self._agent.teller.capture(running.recorded)
            for learning in self._agent.calibrating.attempts.values():
                if learning.running:
                    self._agent.teller.learning(learning)
            self._agent.teller.status(self.status())
            self._tell_systemd()
            await asyncio.sleep(_TICK_S)

    def status(self) -> dict[str, object]:
        """What the agent takes of the machine, and how much it has heard."""
        agent = self._agent
        now_s, cpu_s = time.monotonic(), time.process_time()
        share = (cpu_s - self._cpu_s) / max(now_s - self._ticked_s, 1e-3)
        self._ticked_s, self._cpu_s = now_s, cpu_s
        resident = resident_bytes()
        return {
            "now_ns": str(time.time_ns()),
            "uptime_s": round((time.time_ns() - agent.began_ns) / 1e9, 1),
            "rss_mb": None if resident is None else round(resident / 1e6, 1),
            "cpu_share": round(share, 3),
            "clients": len(agent.teller.hub),
            "frames": sum(s.counts().frames for s in agent.sources.values()),
        }

    def _tidy(self) -> None:
        """Once an hour forget what is older, or more, than may be kept."""
        now_s = time.monotonic()
        if self._tidied_s is not None and now_s - self._tidied_s < _TIDY_S:
            return
        self._tidied_s = now_s
        retention = self._agent.settings.agent.retention
        before_ns = time.time_ns() - round(retention.days * _DAY_NS)
        most_bytes = round(retention.events_mb * 1e6)
        try:
            gone = self._agent.store.forget(before_ns=before_ns, most_bytes=most_bytes)
        except DriverError as e:
            self._agent.log.warning("events not forgotten", reason=e)
        else:
            if gone:
                self._agent.log.info("events forgotten", number=gone)

    def _tell_systemd(self, *, ready: bool = False, stopping: bool = False) -> None:
        try:
            if ready:
                self._notifier.ready(f"{len(self._agent.sources)} sources")
            elif stopping:
                self._notifier.stopping()
            elif self._notifier.watchdog_s is not None:
                self._notifier.alive()
        except DriverError as e:
            self._agent.log.warning("systemd", reason=e)


async def _settle() -> None:
    """Spare the collector what stays: all stands still for 50 ms while it goes through that."""
    await asyncio.sleep(_SETTLE_S)
    gc.collect()
    gc.freeze()
