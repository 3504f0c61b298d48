"""What `Where` means in SQL; values are always bound, never written into the text."""

import json
from dataclasses import dataclass
from typing import Any, Final

from airsonde.csi.memory import Where, check_where

_HIGHEST: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database marks a value, and how it tests `id` against a JSON list of numbers."""

    mark: str
    any_id: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on rows of `memory`, and the values of its marks."""

    text: str
    values: list[Any]

    def within(self, statement: str) -> str:
        """The statement with the condition at `{where}`."""
        return statement.replace("{where}", self.text)


def condition(where: Where, dialect: Dialect) -> Condition:
    """Times beyond 64 bits are brought to the nearest that a column can hold.

    Raises ConfigError for a name that no memory can have.
    """
    check_where(where)
    mark = dialect.mark
    tests: list[tuple[str, Any]] = [
        (f"{name} = {mark}", getattr(where, name)) for name in ("encoder", "kind", "room", "source")
    ]
    tests.append((f"t_ns >= {mark}", _bound(where.since_ns)))
    tests.append((f"t_ns < {mark}", _bound(where.until_ns)))
    if where.ids is not None:
        tests.append((dialect.any_id, json.dumps([i for i in where.ids if 0 <= i <= _HIGHEST])))
    given = [(text, value) for text, value in tests if value is not None]
    return Condition(" AND ".join(t for t, _ in given) or "TRUE", [value for _, value in given])


def _bound(t_ns: int | None) -> int | None:
    return None if t_ns is None else max(-_HIGHEST, min(t_ns, _HIGHEST))
