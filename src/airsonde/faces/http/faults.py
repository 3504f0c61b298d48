"""Answers that are not 2xx: raised as exceptions, sent in one shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from pydantic import ValidationError
from starlette.responses import Response

from airsonde.apps.agent.actions import PrivateError
from airsonde.core.errors import AirsondeError, ConfigError


@dataclass(slots=True)
class RefusedError(Exception):
    """A request that gets no 2xx."""

    status: int
    code: str
    message: str
    remedy: str | None = None
    details: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def error(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "details": list(self.details),
        }


def invalid(error: ValidationError, where: str) -> RefusedError:
    """400 with the place of every fault."""
    details = [
        {"path": ".".join([where, *map(str, e["loc"])]), "message": e["msg"]}
        for e in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return RefusedError(400, "invalid", f"{len(details)} to mend in the {where}", details=details)


def not_found(what: str, remedy: str | None = None) -> RefusedError:
    return RefusedError(404, "not_found", f"there is no {what}", remedy)


def refusal_of(error: AirsondeError) -> RefusedError:
    """What the agent will not do, as an answer."""
    match error:
        case PrivateError():
            return RefusedError(403, "private", str(error))
        case ConfigError():
            return RefusedError(409, "conflict", str(error))
        case _:
            return RefusedError(500, "failed", str(error))


def answer_to(refused: RefusedError, origin: str) -> Response:
    return json_response(
        {"error": refused.error, "origin": origin}, refused.status, refused.headers
    )


def json_response(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON that no cache keeps."""
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store", **(headers or {})},
    )
