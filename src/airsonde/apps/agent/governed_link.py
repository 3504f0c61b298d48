"""The governor inside the agent: the same daemon as `airsonde link run`, and it can be paused."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar, Literal

from airsonde.apps.agent.hub import Fields
from airsonde.apps.agent.link_part import LOOK_S, LinkPart, Tell
from airsonde.apps.agent.link_told import Explanation, explanation_view, understood
from airsonde.apps.agent.log import Log
from airsonde.apps.governor.daemon import Daemon
from airsonde.apps.governor.governing import end, govern, open_applied
from airsonde.apps.governor.host import open_host
from airsonde.apps.governor.run import require_root
from airsonde.apps.governor.settings import read_settings
from airsonde.apps.governor.status import Answers
from airsonde.core.errors import AirsondeError, ConfigError, DriverError
from airsonde.drivers.linux.systemd import Notifier

_PAUSED = "paused; the host stands as it was found"


class GovernedLink(LinkPart):
    """Governs while it runs and is not paused; the host is left as it was found."""

    mode: ClassVar[Literal["off", "watch", "run"]] = "run"

    def __init__(self, config: Path | None, tell: Tell, log: Log) -> None:
        """Raises ConfigError without root, or where the governor's file is wrong."""
        super().__init__(tell)
        try:
            require_root()
        except DriverError as e:
            raise ConfigError(f'{e.reason}, or set link.mode = "watch"') from None
        self._settings = read_settings(config)
        self._log = log
        self._reason = "the governor starts"
        self._answers: Answers | None = None
        self._daemon: Daemon | None = None
        self._left: list[str] = []
        self._stop = asyncio.Event()
        self._resumed = asyncio.Event()
        self._resumed.set()
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    async def run(self) -> None:
        """Govern until it is cancelled, then put everything back. Raises DriverError."""
        while True:
            await self._resumed.wait()
            self._stop.clear()
            self._at_rest.clear()
            governing = asyncio.create_task(self._govern())
            try:
                await asyncio.shield(governing)
            except asyncio.CancelledError:
                self._end()
                await governing
                raise
            except AirsondeError as e:
                self._unknown(str(e))
                raise

    async def explain(self) -> Fields:
        if self._answers is None:
            raise ConfigError(self._reason or "the governor ends")
        return explanation_view(understood(self._answers.explain(), Explanation))

    async def pause(self) -> None:
        """Returns when everything is put back."""
        self.paused = True
        self._resumed.clear()
        self._end()
        await self._at_rest.wait()
        self._unknown("; ".join([_PAUSED, *self._left]))

    async def resume(self) -> None:
        if self.paused:
            self.paused = False
            self._unknown("the governor starts")
            self._resumed.set()

    async def _govern(self) -> None:
        """From opening the host until `_end`, and back to what was found."""
        self._left.clear()
        try:
            async with AsyncExitStack() as stack:
                host = await open_host(stack)
                daemon, answers = await open_applied(stack, host, self._settings, self._say)
                self._daemon, self._answers = daemon, answers
                telling = asyncio.create_task(self._tell_each_second(answers))
                stack.callback(telling.cancel)
                await govern(daemon, self._stop, Notifier({}), self._say)
        finally:
            self._daemon = self._answers = None
            self._at_rest.set()

    async def _tell_each_second(self, answers: Answers) -> None:
        while True:
            self._learnt(answers.status())
            await asyncio.sleep(LOOK_S)

    def _end(self) -> None:
        """Let the governor come to its end, also one that is still opening."""
        self._stop.set()
        if self._daemon is not None:
            end(self._stop, self._daemon)

    def _say(self, words: str) -> None:
        """Log it; what is said at the end was not put back."""
        if self._stop.is_set():
            self._left.append(words)
        self._log.warning("link", reason=words)
