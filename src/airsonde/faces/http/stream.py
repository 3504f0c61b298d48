"""The WebSocket: what becomes known goes to every client as fast as that client reads."""

import asyncio
import time
from collections import Counter
from typing import Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from airsonde import __version__
from airsonde.apps.agent.agent import Agent
from airsonde.apps.agent.hub import Topic
from airsonde.faces.http.door import SUBPROTOCOL, Allowance
from airsonde.faces.http.faults import RefusedError, answer_to
from airsonde.faces.http.guard import ACCESS
from airsonde.faces.http.outbox import Outbox
from airsonde.faces.http.requests import Subscribe, understood
from airsonde.faces.http.subscriber import Once, Subscriber
from airsonde.faces.http.tokens import Access
from airsonde.faces.http.wire import WIRE, Wire, text_frame

_MOST_CLIENTS: Final = 256
_MOST_FAULTS: Final = 16
_RATE_HZ: Final = 20.0
_POLICY_VIOLATION: Final = 1008


class Stream:
    """Serves every client; `sent` and `dropped` count messages and rows over all of them."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._once = Once()
        self.clients = 0
        self.sent: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()

    async def serve(self, websocket: WebSocket) -> None:
        """One client, from the handshake to the end."""
        if self.clients >= _MOST_CLIENTS:
            refused = RefusedError(429, "too_many", f"{_MOST_CLIENTS} clients listen already")
            origin = self._agent.teller.provenance.value
            await websocket.send_denial_response(answer_to(refused, origin))
            return
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
        self.clients += 1
        wire: Wire = websocket.scope["extensions"][WIRE]
        subscriber = Subscriber(self._agent, Outbox(wire, self.sent), self._once)
        self._agent.teller.hub.join(subscriber.offer)
        try:
            await self._talk(websocket, subscriber)
        finally:
            self._agent.teller.hub.leave(subscriber.offer)
            self.clients -= 1
            self.dropped["messages"] += subscriber.outbox.dropped_texts
            self.dropped["rows"] += subscriber.outbox.dropped_rows

    async def _talk(self, websocket: WebSocket, subscriber: Subscriber) -> None:
        """Send and receive until either ends."""
        subscriber.outbox.put(text_frame(self._hello(websocket)))
        tasks = {
            asyncio.create_task(subscriber.outbox.run(subscriber.dropped)),
            asyncio.create_task(_receive(websocket, subscriber)),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _hello(self, websocket: WebSocket) -> bytes:
        return msgspec.json.encode(
            {
                "type": "hello",
                "origin": self._agent.teller.provenance.value,
                "api": 1,
                "version": __version__,
                "now_ns": str(time.time_ns()),
                "began_ns": str(self._agent.began_ns),
                "topics": [topic.value for topic in Topic],
                "writable": websocket.scope[ACCESS] is Access.WRITE,
            }
        )


async def _receive(websocket: WebSocket, subscriber: Subscriber) -> None:
    """Understand what comes; a client that is not understood again and again is closed."""
    faults, pace = 0, Allowance(_RATE_HZ, _RATE_HZ)
    while faults < _MOST_FAULTS:
        try:
            message = await websocket.receive()
        except (WebSocketDisconnect, RuntimeError):
            return
        if message["type"] == "websocket.disconnect":
            return
        try:
            pace.take()
            asked = understood(message.get("text"))
        except RefusedError as e:
            faults += 1
            subscriber.refuse(e)
            continue
        if isinstance(asked, Subscribe):
            subscriber.subscribe(asked)
        else:
            subscriber.pong(asked.id)
    await websocket.close(_POLICY_VIOLATION, "not understood")
