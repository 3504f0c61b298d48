"""The API described for machines: OpenAPI 3.1, made of the table and the types."""

import re
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from airsonde import __version__
from airsonde.faces.http.models import Failure
from airsonde.faces.http.table import BASE, ENDPOINTS, Endpoint

_REFERENCES: Final = "#/components/schemas/{model}"
_ALWAYS_REFUSED: Final = (400, 401, 421, 429, 500)
_WRITE_REFUSED: Final = (403, 408, 413, 415)
_MEANINGS: Final = {
    200: "done",
    201: "made",
    202: "begun",
    204: "done",
    400: "not as described",
    401: "a token is needed",
    403: "not allowed",
    404: "not there",
    408: "too slow",
    409: "not in this state",
    413: "too large",
    415: "not JSON",
    421: "foreign host",
    429: "too many",
    500: "failed",
}


def document() -> dict[str, Any]:
    """The whole document."""
    names, definitions = _schemas()
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        operation = _operation(endpoint, names)
        paths.setdefault(BASE + endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "airsonde agent",
            "version": __version__,
            "description": "Times are decimal strings of nanoseconds; unknown is null.",
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    """A reference for each type that is used, and the definitions of all of them."""
    answers = {e.answer for e in ENDPOINTS if e.answer} | {Failure}
    bodies = {e.body for e in ENDPOINTS if e.body}
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(m, "serialization") for m in answers]
    wanted += [(m, "validation") for m in bodies]
    wanted.sort(key=lambda pair: pair[0].__name__)
    references, schema = models_json_schema(wanted, ref_template=_REFERENCES)
    return {model: references[model, mode] for model, mode in wanted}, schema["$defs"]


def _operation(endpoint: Endpoint, names: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.call.__name__,
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint),
        "responses": {
            str(endpoint.status): _success(endpoint, names),
            **{str(status): _failure(status, names) for status in _refusals(endpoint)},
        },
    }
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(names[endpoint.body])}
    if endpoint.writes:
        operation["security"] = [{"token": []}]
    return operation


def _refusals(endpoint: Endpoint) -> list[int]:
    extra = _WRITE_REFUSED if endpoint.writes else (403,)
    return sorted({*_ALWAYS_REFUSED, *extra, *endpoint.refuses})


def _success(endpoint: Endpoint, names: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    meaning: dict[str, Any] = {"description": _MEANINGS[endpoint.status]}
    if endpoint.answer is not None:
        return meaning | {"content": _json(names[endpoint.answer])}
    if endpoint.status == 200:
        return meaning | {"content": {"application/octet-stream": {}}}
    return meaning


def _failure(status: int, names: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    return {"description": _MEANINGS[status], "content": _json(names[Failure])}


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    """What stands in the path, then what may stand in the query."""
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    if endpoint.parameters is not None:
        schema = endpoint.parameters.model_json_schema()
        shared = schema.get("$defs", {})
        found += [
            {"name": name, "in": "query", "required": False, "schema": _inlined(part, shared)}
            for name, part in schema["properties"].items()
        ]
    return found


def _inlined(schema: Any, shared: dict[str, Any]) -> Any:
    """A schema without references and without null: what is not given is left out."""
    if isinstance(schema, list):
        return [_inlined(part, shared) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(shared[schema["$ref"].rpartition("/")[2]], shared)
    options = [part for part in schema.get("anyOf", []) if part.get("type") != "null"]
    if len(options) == 1:
        return _inlined(options[0], shared)
    return {k: _inlined(v, shared) for k, v in schema.items() if k not in {"title", "default"}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
