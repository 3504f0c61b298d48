"""What the agent runs besides its sources: one shape for the API, the link, the mesh."""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from airsonde.apps.agent.log import Log
from airsonde.core.errors import AirsondeError

_AGAIN_S: Final = 10.0


class Part(Protocol):
    """Runs until it is cancelled; raises AirsondeError when it cannot go on."""

    name: str

    async def run(self) -> None: ...


@dataclass(slots=True)
class PartState:
    """How it stands with a part; `reason` says why it is down."""

    name: str
    state: str = "running"
    reason: str | None = None


async def kept_running(part: Part, state: PartState, log: Log) -> None:
    """Run a part; when it fails, say so and run it again ten seconds later."""
    while True:
        state.state, state.reason = "running", None
        try:
            await part.run()
        except AirsondeError as e:
            state.state, state.reason = "down", str(e)
            log.warning("part failed", part=part.name, reason=e)
        await asyncio.sleep(_AGAIN_S)
