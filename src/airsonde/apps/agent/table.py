"""What every table of the configuration has in common."""

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Where: TypeAlias = Annotated[Path, Field(strict=False)]
SourceName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
RoomName: TypeAlias = Annotated[str, Field(pattern=r"^\w[\w .-]{0,63}$")]


class Table(BaseModel):
    """A TOML table: no key is unknown, no value is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
