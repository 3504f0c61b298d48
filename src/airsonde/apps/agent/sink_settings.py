"""Where what becomes known goes besides the API: tables below `[sinks]`."""

import re
import socket
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from airsonde.apps.agent.table import Port, Table, Where

Levels: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}(/[A-Za-z0-9_.-]{1,64}){0,7}$")
]


def own_prefix() -> str:
    """`airsonde/` and the name of this machine."""
    host = re.sub(r"[^A-Za-z0-9_.-]", "-", socket.gethostname())[:64]
    return f"airsonde/{host or 'host'}"


class MqttSettings(Table):
    """A broker; `prefix` begins every topic and belongs to one agent alone.

    `discovery` is where Home Assistant looks for devices, or false. Numbers that only drift are
    sent every `every_s`; what says more than a number is sent at once.
    """

    kind: Literal["mqtt"]
    host: Annotated[str, Field(min_length=1, max_length=255)]
    port: Port | None = None
    username: str | None = None
    password_file: Where | None = None
    tls: bool = False
    tls_ca: Where | None = None
    prefix: Levels = Field(default_factory=own_prefix)
    discovery: Levels | Literal[False] = "homeassistant"
    every_s: Annotated[float, Field(ge=1, le=3600)] = 10.0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs a username")
        if self.tls_ca is not None and not self.tls:
            raise ValueError("tls_ca needs tls = true")
        return self


class JsonlSettings(Table):
    """A file of JSON lines; at `most_mb` it is renamed to end in `.1` and begun anew."""

    kind: Literal["jsonl"]
    path: Where
    topics: tuple[Literal["events", "rooms", "windows"], ...] = Field(
        default=("events",), strict=False, min_length=1
    )
    most_mb: Annotated[float, Field(ge=0.1, le=1e6)] = 100.0


SinkSettings: TypeAlias = Annotated[MqttSettings | JsonlSettings, Field(discriminator="kind")]
SECRETS = frozenset({"username", "password_file"})
