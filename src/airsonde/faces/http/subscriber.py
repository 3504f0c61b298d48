"""One listener of the stream: what it asked for, put into its outbox."""

import time
from typing import Final

import msgspec
import numpy as np

from airsonde.apps.agent.agent import Agent
from airsonde.apps.agent.hub import Fields, Notice, Rows, Told, Topic
from airsonde.csi.model import U8
from airsonde.faces.http.faults import RefusedError
from airsonde.faces.http.outbox import Outbox
from airsonde.faces.http.requests import Mark, Subscribe
from airsonde.faces.http.rows import Thinning, encode_rows
from airsonde.faces.http.wire import binary_frame, text_frame

_MOST_MESSAGE_BYTES: Final = 1 << 18
_NOTHING: Final = Subscribe(op="subscribe", topics=())


class Once:
    """Encodes what is told once, however many want it."""

    def __init__(self) -> None:
        self._rows: Rows | None = None
        self._encoded: U8 = np.empty((0, 0), np.uint8)
        self._notice: Notice | None = None
        self._frame = b""

    def encoded(self, rows: Rows) -> U8:
        if rows is not self._rows:
            self._rows, self._encoded = rows, encode_rows(rows)
        return self._encoded

    def frame(self, notice: Notice) -> bytes:
        if notice is not self._notice:
            self._notice, self._frame = notice, text_frame(notice.text.encode())
        return self._frame


class Subscriber:
    """Takes what is told without waiting."""

    def __init__(self, agent: Agent, outbox: Outbox, once: Once) -> None:
        self.outbox = outbox
        self._agent = agent
        self._once = once
        self._wants = _NOTHING
        self._topics: frozenset[Topic] = frozenset()
        self._thinning: Thinning | None = None

    def offer(self, told: Told) -> None:
        """Put it into the outbox where it was asked for."""
        if isinstance(told, Rows):
            if Topic.CSI in self._topics and self._heeds(told.source.name, told.batch.lane.number):
                self._put_rows(told)
        elif told.topic in self._topics and self._heeds(told.source, told.lane):
            self.outbox.put(self._once.frame(told))

    def subscribe(self, wants: Subscribe) -> None:
        """Forget the subscription before; say what there is of the new one."""
        self._wants = wants
        self._topics = frozenset(wants.topics)
        self._thinning = None if wants.csi_max_hz is None else Thinning(wants.csi_max_hz)
        self._say(
            "subscribed",
            id=wants.id,
            topics=sorted(self._topics),
            source_ids=wants.source_ids,
            lanes=wants.lanes,
            csi_max_hz=wants.csi_max_hz,
            refused=self._kept_private() if Topic.CSI in self._topics else [],
        )
        teller = self._agent.teller
        if Topic.SOURCES in self._topics:
            self._say_all("source", teller.sources())
            self._say_all("lane", teller.lanes())
        if Topic.ROOMS in self._topics:
            self._say_all("room", teller.rooms())
        if Topic.MESH in self._topics:
            self._say_all("mesh", [teller.mesh_now])

    def pong(self, mark: Mark) -> None:
        self._say("pong", id=mark, now_ns=str(time.time_ns()))

    def refuse(self, refused: RefusedError) -> None:
        self._say("error", error=refused.error)

    def dropped(self, messages: int, rows: int) -> bytes:
        """What tells a client that it was too slow."""
        return self._frame(
            "dropped",
            messages=messages,
            rows=rows,
            messages_total=self.outbox.dropped_texts,
            rows_total=self.outbox.dropped_rows,
        )

    def _heeds(self, source: str | None, lane: int | None) -> bool:
        wants = self._wants
        if source is not None and wants.source_ids is not None and source not in wants.source_ids:
            return False
        return lane is None or wants.lanes is None or lane in wants.lanes

    def _put_rows(self, rows: Rows) -> None:
        encoded = self._once.encoded(rows)
        if self._thinning is not None:
            encoded = encoded[self._thinning.chosen(rows)]
        step = max(1, _MOST_MESSAGE_BYTES // encoded.shape[1])
        for first in range(0, len(encoded), step):
            part = encoded[first : first + step]
            self.outbox.put_rows(binary_frame(part.tobytes()), len(part))

    def _kept_private(self) -> list[Fields]:
        return [
            {"source_id": source.name, "reason": "set agent.privacy.raw_on_wire = true"}
            for source in self._agent.sources.values()
            if self._heeds(source.name, None) and not self._agent.teller.raw_may_leave(source)
        ]

    def _say_all(self, kind: str, views: list[Fields]) -> None:
        for view in views:
            if self._heeds(view.get("source_id"), None):
                self.outbox.put(self._frame(kind, origin=view["origin"], **{kind: view}))

    def _say(self, kind: str, **fields: object) -> None:
        self.outbox.put(self._frame(kind, **fields))

    def _frame(self, kind: str, **fields: object) -> bytes:
        origin = self._agent.teller.provenance.value
        return text_frame(msgspec.json.encode({"type": kind, "origin": origin, **fields}))
