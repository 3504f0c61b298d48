"""What happens in a mesh, as entries of an event log: at most so many a second."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

SECOND_NS: Final = 1_000_000_000
_MOST_A_SECOND: Final = 100


@dataclass(slots=True)
class Happenings:
    """Entries wait here until they are taken; what is too much is counted and told later."""

    _waiting: deque[dict[str, Any]] = field(default_factory=deque)
    _second: int = 0
    _told: int = 0
    _withheld: int = 0

    def tell(self, t_ns: int, kind: str, **words: Any) -> None:
        self._turn(t_ns)
        if self._told >= _MOST_A_SECOND:
            self._withheld += 1
            return
        self._told += 1
        self._waiting.append({"t_ns": t_ns, "event": kind, **words})

    def take(self) -> list[dict[str, Any]]:
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def _turn(self, t_ns: int) -> None:
        second = t_ns // SECOND_NS
        if second == self._second:
            return
        self._second, self._told = second, 0
        if self._withheld:
            self._waiting.append({"t_ns": t_ns, "event": "withheld", "events": self._withheld})
            self._withheld = 0
