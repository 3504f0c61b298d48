"""What becomes known, told at once to everyone who listens; nobody is waited for."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from airsonde.apps.agent.source import Source
from airsonde.csi.model import FrameBatch

Fields: TypeAlias = dict[str, Any]


class Topic(StrEnum):
    """What can be listened to."""

    CALIBRATIONS = "calibrations"
    CAPTURES = "captures"
    CSI = "csi"
    EVENTS = "events"
    LINK = "link"
    MESH = "mesh"
    ROOMS = "rooms"
    SOURCES = "sources"
    STATUS = "status"
    WINDOWS = "windows"


@dataclass(slots=True, kw_only=True)
class Notice:
    """One thing that became known; `source` and `lane` are those it speaks of, if any."""

    topic: Topic
    kind: str
    fields: Fields
    source: str | None = None
    lane: int | None = None
    _text: str | None = None

    @property
    def text(self) -> str:
        """JSON, made once however many listen."""
        if self._text is None:
            self._text = msgspec.json.encode({"type": self.kind, **self.fields}).decode()
        return self._text


@dataclass(slots=True, kw_only=True)
class Rows:
    """Frames of one lane as they were measured; `first` is the number of the first in its lane."""

    source: Source
    first: int
    batch: FrameBatch


Told: TypeAlias = Notice | Rows
Listener: TypeAlias = Callable[[Told], None]


class Hub:
    """Passes on what is told; a listener takes it without waiting."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._own: set[Listener] = set()

    @property
    def listened(self) -> bool:
        return bool(self._listeners)

    def __len__(self) -> int:
        """How many listen from outside."""
        return len(self._listeners) - len(self._own)

    def join(self, listener: Listener, *, own: bool = False) -> None:
        """`own`: a part of the agent, not a client."""
        self._listeners.add(listener)
        if own:
            self._own.add(listener)

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        self._own.discard(listener)

    def tell(self, told: Told) -> None:
        for listener in tuple(self._listeners):
            listener(told)
