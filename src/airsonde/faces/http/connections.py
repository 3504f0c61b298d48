"""uvicorn's protocols where they are too patient: half a request, half a handshake, floods."""

import asyncio
import logging
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from airsonde.faces.http.wire import WIRE

_MOST_CONNECTIONS: Final = 512
_PATIENCE_S: Final = 10.0
_MOST_PIECES: Final = 1024
_BAD_HANDSHAKE: Final = (
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class HttpConnection(H11Protocol):
    """Ends a connection that takes ten seconds for a head, or that is one too many."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.abort()
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._await_head(over=True)

    def _await_head(self, *, over: bool = False) -> None:
        """Count the seconds from the first moment on in which only half a head is there."""
        answering = self.conn.their_state is not h11.IDLE
        resting = self.timeout_keep_alive_task is not None
        if over or answering or resting:
            if self._late is not None:
                self._late.cancel()
                self._late = None
        elif self._late is None:
            self._late = self.loop.call_later(_PATIENCE_S, self.transport.close)


class StreamConnection(WebSocketsSansIOProtocol):
    """Answers a handshake that is none, keeps what a client sends from filling the memory.

    The application finds it in its scope and puts whole frames, past the copies of ASGI.
    """

    def put_frame(self, frame: bytes) -> None:
        if not (self.disconnected or self.close_sent or self.transport.is_closing()):
            self.transport.write(frame)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            wire: Any = self
            self.scope["extensions"] = {WIRE: wire, **(self.scope["extensions"] or {})}

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:  # the first call brings the whole of it
            self.transport.write(_BAD_HANDSHAKE)
            self.transport.close()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < _MOST_PIECES:
            super().handle_cont(event)
        elif not self.close_sent:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many pieces")
            self.handle_parser_exception()

    def handle_ping(self) -> None:
        """Answer; read no more pings of a client that takes no answers (RFC 6455 5.5.2)."""
        super().handle_ping()
        if not self.writable.is_set():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()


def own_faults(record: logging.LogRecord) -> bool:
    """Of uvicorn's log what the agent did wrong; what clients do wrong is answered, not logged."""
    fault = record.exc_info[1] if record.exc_info else None
    return record.levelno >= logging.ERROR and not isinstance(fault, UnicodeDecodeError)
