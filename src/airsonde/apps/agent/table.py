"""What every table of the configuration is made of."""

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Where: TypeAlias = Annotated[Path, Field(strict=False)]


class Table(BaseModel):
    """A TOML table: no key is unknown, no value is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
