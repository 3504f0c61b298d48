"""What the agent runs besides its sources: one shape for the API, the link, the mesh."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Final, Protocol

from airsonde.apps.agent.log import Log
from airsonde.core.errors import AirsondeError

_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
_STEADY_S: Final = 60.0


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
    """Run a part; when it fails, say so and run it again, ever later where it fails at once."""
    wait_s = _FIRST_WAIT_S
    while True:
        state.state, state.reason = "running", None
        began_s = time.monotonic()
        try:
            await part.run()
        except AirsondeError as e:
            state.state, state.reason = "down", str(e)
            log.warning("part failed", part=part.name, reason=e)
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError from e  # it failed while it ended
        if time.monotonic() - began_s >= _STEADY_S:
            wait_s = _FIRST_WAIT_S
        await asyncio.sleep(wait_s * random.uniform(0.75, 1.0))  # noqa: S311  (not all at once)
        wait_s = min(_LONGEST_WAIT_S, 2 * wait_s)
