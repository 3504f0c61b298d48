"""Something that is due again and again."""

from dataclasses import dataclass


@dataclass(slots=True)
class Beat:
    """Due once a period on average, however unevenly it is asked; what was missed is not made up.

    The first time it is asked it is due.
    """

    period_ns: int
    _next_ns: int | None = None

    def due(self, now_ns: int) -> bool:
        if self._next_ns is not None and now_ns < self._next_ns:
            return False
        following = now_ns if self._next_ns is None else self._next_ns
        self._next_ns = max(following + self.period_ns, now_ns + self.period_ns // 2)
        return True
