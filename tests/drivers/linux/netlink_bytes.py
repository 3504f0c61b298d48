"""Netlink messages by hand, as linux/netlink.h lays them out."""

import struct


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
