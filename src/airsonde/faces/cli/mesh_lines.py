"""Lines in, lines out: what the stateless mesh commands share."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from airsonde.core.errors import AirsondeError, ConfigError, DecodeError

MOST_BYTES = 1 << 20


def lines_of(stream: BinaryIO) -> Iterator[str | None]:
    """The lines of a stream that are not blank; None for one longer than a megabyte."""
    while line := stream.readline(MOST_BYTES):
        if len(line) == MOST_BYTES and not line.endswith(b"\n"):
            while (rest := stream.readline(MOST_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif text := line.decode(errors="replace").strip():
            yield text


def parse_object(text: str | None) -> Any:
    """The JSON document of one line. Raises DecodeError when it is none."""
    if text is None:
        raise DecodeError("line too long", offset=MOST_BYTES)
    try:
        return json.loads(text)
    except json.JSONDecodeError as e:
        raise DecodeError("not JSON", offset=e.pos) from None
    except (ValueError, RecursionError):
        raise DecodeError("not JSON", offset=0) from None


def error_object(error: AirsondeError) -> dict[str, Any]:
    """What is printed for a line that was refused."""
    if isinstance(error, DecodeError):
        return {"error": {"reason": str(error.reason), "offset": error.offset}}
    return {"error": {"reason": str(error), "offset": None}}


def require(value: Any, kind: type, path: str) -> Any:
    """`value` when it is of a kind. Raises ConfigError naming its path otherwise."""
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise ConfigError(f"{path}: must be {_WORDS[kind]}")
    return value


_WORDS = {dict: "an object", bool: "true or false", int: "a whole number"}
