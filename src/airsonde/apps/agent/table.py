"""What every table of the configuration has in common."""

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Where: TypeAlias = Annotated[Path, Field(strict=False)]


class Table(BaseModel):
    """A TOML table: no key is unknown, no value is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
