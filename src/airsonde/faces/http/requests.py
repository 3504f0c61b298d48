"""What a client of the stream may say, as types."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from airsonde.apps.agent.hub import Topic
from airsonde.faces.http.faults import RefusedError, invalid
from airsonde.faces.http.models import Model, Name

_MOST_CHARACTERS: Final = 4096
_Number: TypeAlias = Annotated[int, Field(strict=True, ge=-(1 << 53), le=1 << 53)]
Mark: TypeAlias = Annotated[str, Field(max_length=64)] | _Number | None


class Subscribe(Model):
    """Replaces the subscription; None: all."""

    op: Literal["subscribe"]
    topics: Annotated[tuple[Annotated[Topic, Field(strict=False)], ...], Field(max_length=16)]
    source_ids: Annotated[tuple[Name, ...], Field(max_length=64)] | None = None
    lanes: Annotated[tuple[int, ...], Field(max_length=256)] | None = None
    csi_max_hz: Annotated[float, Field(ge=0.1, le=10_000)] | None = None
    id: Mark = None


class Ping(Model):
    """Is answered at once."""

    op: Literal["ping"]
    id: Mark = None


_SAID: Final[TypeAdapter[Subscribe | Ping]] = TypeAdapter(
    Annotated[Subscribe | Ping, Field(discriminator="op")]
)


def understood(text: str | None) -> Subscribe | Ping:
    """What a message asks for. Raises RefusedError when it is nothing a client may say."""
    if text is None:
        raise RefusedError(400, "invalid", "clients send text, not bytes")
    if len(text) > _MOST_CHARACTERS:
        raise RefusedError(413, "too_large", f"a message may have {_MOST_CHARACTERS} characters")
    try:
        return _SAID.validate_json(text)
    except ValidationError as e:
        raise invalid(e, "message") from e
