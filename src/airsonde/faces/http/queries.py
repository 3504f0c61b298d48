"""What may stand in a query, as types."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from airsonde.csi.events import EventKind
from airsonde.faces.http.models import Origin

Whole: TypeAlias = Annotated[int, Field(ge=0, le=(1 << 63) - 1)]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=500)]
Name: TypeAlias = Annotated[str, Field(max_length=64)]


class Parameters(BaseModel):
    """A query; no parameter is unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LaneParameters(Parameters):
    source_id: Name | None = None


class WindowParameters(Parameters):
    source_id: Name | None = None
    session: Whole | None = None
    lane: Whole | None = None
    since_ns: Whole | None = None
    until_ns: Whole | None = None
    after: Whole = 0
    limit: Limit = 100


class EventParameters(Parameters):
    source_id: Name | None = None
    room: Name | None = None
    kind: tuple[EventKind, ...] = ()
    origin: Origin | None = None
    since_ns: Whole | None = None
    until_ns: Whole | None = None
    order: Literal["newest", "oldest"] = "newest"
    after: Whole | None = None
    limit: Limit = 100


class LikenessParameters(Parameters):
    like_source: Name | None = None
    like_id: Whole | None = None
    room: Name | None = None
    since_ns: Whole | None = None
    until_ns: Whole | None = None
    k: Annotated[int, Field(ge=1, le=100)] = 5
    apart_s: Annotated[float, Field(ge=0, le=31_536_000)] = 60.0

    @model_validator(mode="after")
    def _one_example(self) -> Self:
        if (self.like_source is None) == (self.like_id is None):
            raise ValueError("name either like_source or like_id")
        return self
