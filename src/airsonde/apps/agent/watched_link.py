"""The link as a governor that runs beside the agent tells it."""

import asyncio
from pathlib import Path
from typing import ClassVar, Literal

from airsonde.apps.agent.hub import Fields
from airsonde.apps.agent.link_part import LOOK_S, LinkPart, Tell
from airsonde.apps.agent.link_told import Explanation, explanation_view, understood
from airsonde.apps.governor.status_socket import told
from airsonde.core.errors import ConfigError, DriverError


class WatchedLink(LinkPart):
    """Asks at the status socket in `folder`."""

    mode: ClassVar[Literal["off", "watch", "run"]] = "watch"

    def __init__(self, folder: Path, tell: Tell) -> None:
        super().__init__(tell)
        self._folder = folder
        self._reason = "the governor was not asked yet"

    async def run(self) -> None:
        """Ask until it is cancelled. Raises DriverError when nobody answers."""
        try:
            while True:
                self._learnt(await told(self._folder, "status"))
                await asyncio.sleep(LOOK_S)
        except DriverError as e:
            self._unknown(str(e))
            raise

    async def explain(self) -> Fields:
        try:
            answer = await told(self._folder, "explain")
            return explanation_view(understood(answer, Explanation))
        except DriverError as e:
            raise ConfigError(str(e)) from e
