"""Netlink messages by hand, as linux/netlink.h lays them out, and some a kernel sent."""

import struct
from pathlib import Path

_SENT = Path(__file__).parents[2] / "vectors" / "linux"


def sent(name):
    """An answer of Linux 6.12 as it came over the socket."""
    return bytes.fromhex((_SENT / f"{name}.hex").read_text().replace("\n", ""))


def attr(kind, payload):
    padding = -len(payload) % 4
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(padding)


def u8(value):
    return struct.pack("=B", value)


def u16(value):
    return struct.pack("=H", value)


def u32(value):
    return struct.pack("=I", value)


def u64(value):
    return struct.pack("=Q", value)


def message(kind, body):
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 1) + body
