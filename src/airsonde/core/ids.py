"""Identifiers as distinct types, and the one way to write a MAC address."""

from typing import NewType

from airsonde.core.errors import ConfigError

MacAddress = NewType("MacAddress", bytes)
NodeId = NewType("NodeId", bytes)
FrameId = NewType("FrameId", int)
WindowId = NewType("WindowId", int)


def mac_text(mac: bytes) -> str:
    """Write six bytes as `aa:bb:cc:dd:ee:ff`."""
    return mac.hex(":")


def parse_mac(text: str) -> MacAddress:
    """Read `aa:bb:cc:dd:ee:ff` (any case; `-` or nothing between the bytes too).

    Raises ConfigError when the text is not six bytes of hexadecimal.
    """
    try:
        raw = bytes.fromhex(text.strip().replace(":", "").replace("-", ""))
    except ValueError:
        raw = b""
    if len(raw) != 6:
        raise ConfigError(f"{text!r} is not a MAC address; write it as aa:bb:cc:dd:ee:ff")
    return MacAddress(raw)
