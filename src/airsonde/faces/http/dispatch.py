"""From a request to the function of its row in the table, and back."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from airsonde.apps.agent.actions import Actions
from airsonde.core.errors import AirsondeError
from airsonde.faces.http.door import MOST_BODY_BYTES
from airsonde.faces.http.faults import (
    RefusedError,
    answer_to,
    invalid,
    json_response,
    refusal_of,
)
from airsonde.faces.http.queries import Parameters
from airsonde.faces.http.reading import Asked
from airsonde.faces.http.table import Endpoint

_REPEATABLE: Final = "kind"
_PATIENCE_S: Final = 10.0
Answering = Callable[[Request], Awaitable[Response]]


def answering(endpoint: Endpoint, actions: Actions) -> Answering:
    """The ASGI endpoint of a row."""

    async def answer(request: Request) -> Response:
        try:
            return await _answer(endpoint, actions, request)
        except RefusedError as e:
            refused = e
        except AirsondeError as e:
            refused = refusal_of(e)
            if refused.status >= 500:
                actions.agent.log.warning("failed", path=endpoint.path, reason=e)
        return answer_to(refused, actions.agent.teller.provenance.value)

    return answer


async def _answer(endpoint: Endpoint, actions: Actions, request: Request) -> Response:
    asked = Asked(
        agent=actions.agent,
        actions=actions,
        request=request,
        parameters=_parameters(endpoint.parameters or Parameters, request),
        body=await _body(endpoint.body, request) if endpoint.writes else None,
    )
    value: Any = endpoint.call(asked)
    if inspect.isawaitable(value):
        value = await value
    if isinstance(value, Response):
        return value
    if value is None:
        return Response(status_code=endpoint.status)
    return json_response(value, endpoint.status)


def _parameters(model: type[Parameters], request: Request) -> Parameters:
    query = request.query_params
    given: dict[str, Any] = {
        name: query.getlist(name) if name == _REPEATABLE else query[name] for name in query
    }
    twice = [n for n in query if n != _REPEATABLE and len(query.getlist(n)) > 1]
    if twice:
        details = [{"path": f"query.{name}", "message": "given more than once"} for name in twice]
        raise RefusedError(400, "invalid", f"{len(twice)} to mend in the query", details=details)
    try:
        return model.model_validate(given)
    except ValidationError as e:
        raise invalid(e, "query") from e


async def _body(model: type[BaseModel] | None, request: Request) -> BaseModel | None:
    """The body as what it must be; one that is not expected must be empty."""
    data = await _limited(request)
    if model is None:
        if data:
            raise RefusedError(400, "invalid", "this takes no body")
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(415, "unsupported_media_type", "the body must be application/json")
    try:
        return model.model_validate_json(data)
    except ValidationError as e:
        raise invalid(e, "body") from e


async def _limited(request: Request) -> bytes:
    data = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MOST_BODY_BYTES:
                    raise RefusedError(413, "too_large", f"a body may have {MOST_BODY_BYTES} bytes")
    except TimeoutError as e:
        headers = {"connection": "close"}
        raise RefusedError(408, "too_slow", "the body did not come", headers=headers) from e
    return bytes(data)
