"""REST, asked at random by its own description: never a 5xx, every refusal is a described one."""

import random
import string
from urllib.parse import quote, urlencode

import pytest

from airsonde.faces.http.models import Failure
from airsonde.faces.http.openapi import document
from airsonde.faces.http.table import BASE

DOCUMENT = document()
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
NASTY = ["", "0", "-1", "1e9", "NaN", "9" * 30, "\x00", "ü🙂", "../..", "' OR 1=1 --", "%s%n", "null",
         "a" * 3000, "9223372036854775808", "9223372036854775807", "[]", "true", "٣"]  # fmt: skip


def fitting(schema, rng):
    """A value a schema allows."""
    while "$ref" in schema or "anyOf" in schema:
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = DOCUMENT["components"]["schemas"][name] if name else rng.choice(schema["anyOf"])
    if "enum" in schema:
        return rng.choice(schema["enum"])
    low, high = schema.get("minimum", 0), schema.get("maximum", 1 << 40)
    match schema.get("type"):
        case "object":
            return {
                n: fitting(p, rng) for n, p in schema["properties"].items() if rng.random() < 0.8
            }
        case "array":
            return [fitting(schema["items"], rng) for _ in range(rng.randrange(3))]
        case "integer":
            return rng.choice([low, high, rng.randint(low, high)])
        case "number":
            return rng.uniform(low, high)
        case "null":
            return None
        case _:
            return rng.choice(["sim", "lab", "".join(rng.choices(string.printable, k=8))])


def mutated(value, rng):
    """The same, or something in its place that was never asked for."""
    if rng.random() < 0.6:
        return value
    return rng.choice([*NASTY, None, [], {}, [[]], -1, 1e308, True, {"x": value}])


def asked(method, path, operation, rng):
    """A path with a query, and a body, made of the description and spoilt here and there."""
    query = []
    for parameter in operation["parameters"]:
        value = fitting(parameter["schema"], rng)
        text = rng.choice(NASTY) if rng.random() < 0.4 else str(value)
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quote(text, safe="") or "x")
        elif rng.random() < 0.5:
            several = value if isinstance(value, list) else [text]
            query += [(parameter["name"], one) for one in several]
    if rng.random() < 0.1:
        query.append((rng.choice(["limit", "x", "token"]), rng.choice(NASTY)))
    body = None
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = mutated({k: mutated(v, rng) for k, v in fitting(schema, rng).items()}, rng)
        if rng.random() < 0.2:
            body = rng.choice([b"", b"{", b"\xff", b"[" * 2000, b'{"seconds": 1e999}', b"null"])
    return path + ("?" + urlencode(query) if query else ""), body


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_asked_is_answered_as_described(agent, seed):
    rng = random.Random(seed)
    for number in range(90):
        method, path, operation = rng.choice(OPERATIONS)
        target, body = asked(method, path, operation, rng)
        status, _, answer = agent.ask(
            method,
            target.removeprefix(BASE),
            body,
            write=True,
            address=f"127.0.{seed + 1}.{number}",
        )
        assert status < 500, (method, target, body, answer)
        assert str(status) in operation["responses"] or status in {404, 405}, (method, target, body)
        if status >= 400:
            Failure.model_validate(answer)
    assert agent.get("/health")["version"]
