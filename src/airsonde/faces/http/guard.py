"""Stands before every request: lets in or refuses, adds what browsers must know, counts, audits."""

import time
from collections import Counter
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from airsonde.apps.agent.agent import Agent
from airsonde.core.errors import DriverError
from airsonde.drivers.stores.events import AuditEntry
from airsonde.faces.http.door import Door, address_of, offered_token
from airsonde.faces.http.faults import RefusedError, answer_to
from airsonde.faces.http.tokens import Access

ACCESS: Final = "airsonde.access"
_READING: Final = frozenset({"GET", "HEAD"})
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, door: Door, agent: Agent, statuses: Counter[str]) -> None:
        self._app = app
        self._door = door
        self._agent = agent
        self._statuses = statuses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        status = 0
        entered = False

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                status = message["status"]
                MutableHeaders(raw=message["headers"]).update(_HEADERS)
                if entered and _writes(scope):
                    self._audit(scope, status)
            await send(message)

        try:
            access = self._door.enter(scope)
            self._check_writing(scope, access)
        except RefusedError as e:
            self._note(e, scope)
            await self._refuse(e, scope, receive, send_noted)
        else:
            scope[ACCESS], entered = access, True
            await self._app(scope, receive, send_noted)
        self._statuses[f"{status // 100}xx"] += bool(status)

    def _note(self, refused: RefusedError, scope: Scope) -> None:
        if refused.status != 429:  # who asks too often must not fill the log as well
            who = address_of(scope)
            self._agent.log.warning("refused", who=who, status=refused.status, code=refused.code)

    def _check_writing(self, scope: Scope, access: Access) -> None:
        if not _writes(scope) or access is Access.WRITE:
            return
        told = offered_token(Headers(scope=scope)) is not None
        raise RefusedError(
            403 if told else 401,
            "write_token_needed",
            "this needs the write token",
            "it is in write-token in the agent's folder, or where the configuration says",
            headers={} if told else {"www-authenticate": "Bearer"},
        )

    async def _refuse(
        self, refused: RefusedError, scope: Scope, receive: Receive, send: Send
    ) -> None:
        response = answer_to(refused, self._agent.teller.provenance.value)
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(response)
        else:
            await response(scope, receive, send)

    def _audit(self, scope: Scope, status: int) -> None:
        """Keep who wrote what, before the answer goes out; never bodies and queries."""
        action = f"{scope['method']} {scope['path'][:200]}"
        who = address_of(scope)
        self._agent.log.info("written", who=who, action=action, status=status)
        entry = AuditEntry(told_ns=time.time_ns(), who=who, action=action, outcome=str(status))
        try:
            self._agent.store.note(entry)
        except DriverError as e:
            self._agent.log.warning("audit not kept", reason=e)


def _writes(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] not in _READING
