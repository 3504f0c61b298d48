"""The web application: guard, API, stream, metrics, dashboard."""

from collections import Counter
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from airsonde.apps.agent.actions import Actions
from airsonde.faces.http.dispatch import Answering, answering
from airsonde.faces.http.door import Door
from airsonde.faces.http.faults import RefusedError, answer_to, json_response
from airsonde.faces.http.guard import Guard
from airsonde.faces.http.metrics import exposition
from airsonde.faces.http.openapi import document
from airsonde.faces.http.pages import Pages
from airsonde.faces.http.stream import Stream
from airsonde.faces.http.table import BASE, ENDPOINTS

_METRICS_TYPE = "text/plain; version=0.0.4"


def application(actions: Actions, door: Door) -> ASGIApp:
    """Everything that is served, behind the guard."""
    agent, statuses = actions.agent, Counter[str]()
    stream, pages = Stream(agent), Pages()

    async def openapi(_: Request) -> Response:
        return json_response(document())

    async def metrics(_: Request) -> Response:
        text = exposition(agent, stream, statuses)
        return Response(text, media_type=_METRICS_TYPE, headers={"cache-control": "no-store"})

    async def refused(_: Request, error: Exception) -> Response:
        return answer_to(_refused(error), agent.teller.provenance.value)

    paths: dict[str, dict[str, Answering]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method] = answering(endpoint, actions)
    routes = [
        Route(BASE + path, _by_method(calls), methods=list(calls)) for path, calls in paths.items()
    ]
    app = Starlette(
        routes=[
            *routes,
            Route(BASE + "/openapi.json", openapi),
            WebSocketRoute(BASE + "/stream", stream.serve),
            Route("/metrics", metrics),
            Route("/", pages.index),
            Route("/assets/{name}", pages.asset),
        ],
        exception_handlers={HTTPException: refused, Exception: refused},
    )
    return Guard(app, door, agent, statuses)


def _by_method(calls: Mapping[str, Answering]) -> Answering:
    """All methods of one path, so that a 405 names every one of them."""

    async def answer(request: Request) -> Response:
        return await calls["GET" if request.method == "HEAD" else request.method](request)

    return answer


def _refused(error: Exception) -> RefusedError:
    match error:
        case HTTPException(status_code=404):
            return RefusedError(
                404, "not_found", "there is no such path", f"see {BASE}/openapi.json"
            )
        case HTTPException(status_code=405, headers=headers):
            return RefusedError(
                405, "method_not_allowed", "not on this path", headers=headers or {}
            )
        case HTTPException(status_code=status) if status < 500:
            return RefusedError(status, "invalid", "this is not a request")
        case _:
            return RefusedError(500, "failed", "the agent failed; its log says more")
