"""What may stand in a query, as types."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

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
