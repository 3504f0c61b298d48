"""The table `[mesh]`: what the agent is in a mesh, and what that needs."""

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from airsonde.apps.agent.table import RoomName, SourceName, Table, Where
from airsonde.radios.sim.scene import Motion

HexId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{16}$")]
Peer: TypeAlias = Annotated[str, Field(pattern=r"^[^\s:]+(:[0-9]{1,5})?$")]
Listen: TypeAlias = Annotated[str, Field(pattern=r"^([^\s:]+:)?[0-9]{1,5}$")]
WifiChannel: TypeAlias = Annotated[int, Field(ge=1, le=255)]

_PROGRAM: Final = frozenset({"keys", "level", "id", "group", "candidates", "peers", "listen"})
_ONLY: Final = {
    "off": frozenset[str](),
    "watch": frozenset({"state"}),
    "coordinator": _PROGRAM
    | {"state", "channels", "rooms", "raw", "announce", "refuse_unauthenticated"},
    "node": _PROGRAM
    | {"state", "source", "simulate", "seed", "to", "discover", "nexmon", "number", "rate_hz"},
}


class MeshSettings(Table):
    """`watch` reads the `state` folder of a program that runs; the others are as on its command.

    A node measures with one of the agent's sources, or computes a room.
    """

    role: Literal["off", "watch", "coordinator", "node"] = "off"
    state: Where | None = None
    keys: Where | None = None
    level: Literal["enforcing", "permissive"] = "enforcing"
    id: HexId | None = None
    group: str | None = None
    candidates: tuple[HexId, ...] = Field(default=(), strict=False)
    peers: tuple[Peer, ...] = Field(default=(), strict=False)
    listen: Listen | None = None

    channels: tuple[WifiChannel, ...] = Field(default=(), strict=False)
    rooms: dict[HexId, RoomName] = Field(default_factory=dict)
    raw: tuple[HexId, ...] = Field(default=(), strict=False)
    announce: bool = False
    refuse_unauthenticated: bool = False

    source: SourceName | None = None
    simulate: Annotated[Motion, Field(strict=False)] | None = None
    seed: Annotated[int, Field(ge=0)] = 1
    to: tuple[Peer, ...] = Field(default=(), strict=False)
    discover: bool = False
    nexmon: Annotated[str, Field(pattern=r"^[\w.-]{1,15}$")] | None = None
    number: Annotated[int, Field(ge=0, le=255)] | None = None
    rate_hz: Annotated[float, Field(ge=1, le=10)] | None = None

    @model_validator(mode="after")
    def _fits_its_role(self) -> Self:
        foreign = sorted(self.model_fields_set - {"role"} - _ONLY[self.role])
        if foreign:
            raise ValueError(f'{", ".join(foreign)}: not of role = "{self.role}"')
        if self.role == "node":
            self._check_node()
        if self.announce and ":" not in (self.listen or ""):
            raise ValueError('announce: say which address, listen = "ADDRESS:PORT"')
        return self

    def _check_node(self) -> None:
        if (self.source is None) == (self.simulate is None):
            raise ValueError("name what the node measures with: either source or simulate")
        if self.nexmon is not None and self.source is None:
            raise ValueError("nexmon: its frames come through a source; name it")
        if not (self.to or self.discover or self.group):
            raise ValueError('say where feature states go: to = ["HOST"] of a coordinator')
