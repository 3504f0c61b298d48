"""Which messages keep a broker's retained picture of the rooms true, and no more than needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from airsonde.apps.agent.home_assistant import device, device_id
from airsonde.apps.agent.hub import Fields
from airsonde.apps.agent.provenance import Provenance
from airsonde.drivers.bus.mqtt import Message

_LEAST_S: Final = 1.0
_TIMES: Final = frozenset({"t_ns", "told_ns"})


@dataclass(slots=True)
class _Kept:
    """What the broker holds of one room."""

    device: Message | None
    state: Message
    said: Fields
    sent_s: float


class RoomTopics:
    """What says more than a number is published at once, but no room twice a second.

    Numbers that only drift follow every `every_s`; where a room is gone its topics are emptied.
    `discovery` is Home Assistant's prefix, or None. One instance a connection.
    """

    def __init__(self, prefix: str, discovery: str | None, every_s: float) -> None:
        self.status = f"{prefix}/status"
        self._prefix = prefix
        self._discovery = discovery
        self._every_s = every_s
        self._kept: dict[str, _Kept] = {}

    def due(self, rooms: Sequence[Fields], now_s: float) -> list[Message]:
        """What to publish now, when all rooms stand like this."""
        messages: list[Message] = []
        for room in rooms:
            messages += self._changed(room, now_s)
        for name in self._kept.keys() - {room["room"] for room in rooms}:
            messages += _emptied(self._kept.pop(name))
        return messages

    def _changed(self, room: Fields, now_s: float) -> list[Message]:
        kept, said = self._kept.get(room["room"]), _said(room)
        if kept is not None:
            wait_s = _LEAST_S if said != kept.said else self._every_s
            if now_s - kept.sent_s < wait_s:
                return []
        device = self._device(room)
        state = Message(topic=self._state(room), payload=msgspec.json.encode(room), retain=True)
        self._kept[room["room"]] = _Kept(device, state, said, now_s)
        known = kept is not None and kept.device == device
        return [state] if device is None or known else [device, state]

    def _state(self, room: Fields) -> str:
        return f"{self._prefix}/rooms/{room['room']}"

    def _device(self, room: Fields) -> Message | None:
        if self._discovery is None:
            return None
        found = device(
            prefix=self._prefix,
            room=room["room"],
            origin=Provenance(room["origin"]),
            status=self.status,
            state=self._state(room),
        )
        topic = f"{self._discovery}/device/{device_id(self._prefix, room['room'])}/config"
        return Message(topic=topic, payload=msgspec.json.encode(found), retain=True)


def _said(room: Fields) -> Fields:
    """A room without the values of its numbers; that there is one counts."""
    return {k: True if isinstance(v, float) else v for k, v in room.items() if k not in _TIMES}


def _emptied(kept: _Kept) -> list[Message]:
    gone = [message for message in (kept.device, kept.state) if message is not None]
    return [Message(topic=message.topic, payload=b"", retain=True) for message in gone]
