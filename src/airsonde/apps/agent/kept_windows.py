"""The last windows of each source, in bounded memory."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MOST: Final = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWindow:
    """One window as JSON; the other fields are what it is found by. `number` ascends over all."""

    number: int
    source: str
    session: int
    lane: int
    window_id: int
    end_ns: int
    json: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowQuery:
    """Which windows: None leaves a field open; since_ns <= end_ns < until_ns, number > after."""

    source: str | None = None
    session: int | None = None
    lane: int | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    after: int = 0
    limit: int = 100

    def matches(self, kept: KeptWindow) -> bool:
        return (
            kept.number > self.after
            and self.session in {None, kept.session}
            and self.lane in {None, kept.lane}
            and (self.since_ns is None or kept.end_ns >= self.since_ns)
            and (self.until_ns is None or kept.end_ns < self.until_ns)
        )


class KeptWindows:
    """Windows in the order in which they were told, each source in a ring of its own."""

    def __init__(self) -> None:
        self._rings: dict[str, deque[KeptWindow]] = {}
        self.told = 0

    def add(
        self, *, source: str, session: int, lane: int, window_id: int, end_ns: int, json: bytes
    ) -> None:
        self.told += 1
        kept = KeptWindow(
            number=self.told,
            source=source,
            session=session,
            lane=lane,
            window_id=window_id,
            end_ns=end_ns,
            json=json,
        )
        self._rings.setdefault(source, deque(maxlen=_MOST)).append(kept)

    def forget(self, source: str) -> None:
        self._rings.pop(source, None)

    def find(self, query: WindowQuery) -> list[KeptWindow]:
        """One page of what matches, oldest first."""
        found = [kept for kept in self._of(query.source) if query.matches(kept)]
        found.sort(key=lambda kept: kept.number)
        return found[: query.limit]

    def evidence(self, source: str, session: int, ids: frozenset[int]) -> list[KeptWindow]:
        """Those of the numbered windows of one session that are still held."""
        return [k for k in self._of(source) if k.session == session and k.window_id in ids]

    def _of(self, source: str | None) -> Iterator[KeptWindow]:
        rings = self._rings.values() if source is None else [self._rings.get(source, deque())]
        for ring in rings:
            yield from ring
