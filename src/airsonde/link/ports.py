"""What the governor is made of, and what it needs from a host."""

from collections.abc import Sequence
from typing import Protocol

from airsonde.link.model import Estimates, LinkAction, Observation, Reason, Situation


class Policy(Protocol):
    """Decides one kind of action for one interface, and can say why it decided so."""

    def step(self, now: Situation, /) -> Sequence[LinkAction]: ...
    def why(self) -> Reason:
        """Account for the last step."""
        ...


class GameSense(Protocol):
    """Tells whether somebody plays."""

    def push(self, obs: Observation, estimates: Estimates) -> bool: ...
    def why(self) -> Reason: ...


class LinkHost(Protocol):
    """The machine that is governed."""

    async def observe(self, ifname: str) -> Observation: ...
    async def apply(self, action: LinkAction) -> None: ...
    async def aclose(self) -> None: ...
