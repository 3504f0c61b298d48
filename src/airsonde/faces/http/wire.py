"""Where whole frames of RFC 6455 go out, and how they are made: once, however many get them."""

import asyncio
from typing import Final, Protocol

from websockets.frames import Frame, Opcode

WIRE: Final = "airsonde.wire"  # among the extensions of the ASGI scope of a WebSocket


class Wire(Protocol):
    """One client; it takes more than the kernel does while `writable` is set, and loses nothing."""

    writable: asyncio.Event

    def put_frame(self, frame: bytes) -> None:
        """Send without waiting; nothing happens once the client is gone."""


def text_frame(text: bytes) -> bytes:
    return Frame(Opcode.TEXT, text).serialize(mask=False)


def binary_frame(data: bytes) -> bytes:
    return Frame(Opcode.BINARY, data).serialize(mask=False)
