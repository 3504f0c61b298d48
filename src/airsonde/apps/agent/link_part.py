"""The link in the agent: what is known of it, and who keeps asking."""

import time
from collections.abc import Callable
from typing import Any, ClassVar, Final, Literal

from airsonde.apps.agent.hub import Fields
from airsonde.apps.agent.link_settings import LinkSettings
from airsonde.apps.agent.link_told import (
    Explanation,
    Status,
    explanation_view,
    status_view,
    understood,
)
from airsonde.apps.agent.log import Log
from airsonde.apps.agent.provenance import Provenance
from airsonde.core.errors import ConfigError

LOOK_S: Final = 1.0
Tell = Callable[[Fields], None]


class LinkPart:
    """A part of the agent that is off; its heirs learn once a second how the link stands."""

    name = "link"
    mode: ClassVar[Literal["off", "watch", "run"]] = "off"

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.status: Status | None = None
        self.paused = False
        self._reason: str | None = None
        self._told_ns: int | None = None

    async def run(self) -> None:
        """Nothing to do."""

    async def explain(self) -> Fields:
        """Why every policy stands as it does. Raises ConfigError while nobody can say."""
        return explanation_view(Explanation(reasons={}, decisions=()))

    async def pause(self) -> None:
        """Put back everything that was changed, and change nothing. Raises ConfigError."""
        raise ConfigError('the governor is not in this agent; set link.mode = "run"')

    async def resume(self) -> None:
        """Govern again. Raises ConfigError."""
        raise ConfigError('the governor is not in this agent; set link.mode = "run"')

    def view(self) -> Fields:
        """How the link stands; measured on this machine, whatever the sources are."""
        return {
            "enabled": self.mode != "off",
            "mode": self.mode,
            "paused": self.paused,
            "reason": self._reason,
            "origin": Provenance.LIVE.value,
            "told_ns": None if self._told_ns is None else str(self._told_ns),
            **status_view(self.status),
        }

    def _learnt(self, answer: Any) -> None:
        """Take an answer to `status`, and tell it. Raises DriverError."""
        self.status = understood(answer, Status)
        self._reason, self._told_ns = None, time.time_ns()
        self._tell(self.view())

    def _unknown(self, reason: str) -> None:
        """Nothing is known any more; tell why."""
        self.status, self._reason, self._told_ns = None, reason, None
        self._tell(self.view())


def link_part(settings: LinkSettings, tell: Tell, log: Log) -> LinkPart:
    """What the settings ask for. Raises ConfigError where it cannot be done here."""
    match settings.mode:
        case "off":
            return LinkPart(tell)
        case "watch":
            from airsonde.apps.agent.watched_link import WatchedLink

            return WatchedLink(settings.folder, tell)
        case "run":
            from airsonde.apps.agent.governed_link import GovernedLink

            return GovernedLink(settings.config, tell, log)
