"""Atheros CSI Tool records made bit by bit, the slow way."""

import struct

SENDER = bytes.fromhex("02aabbccdd01")


def value(tone: int, rx: int, tx: int) -> tuple[int, int]:
    """What the built records hold (real, imaginary): a formula, so that a test knows every number."""
    return (13 * tone + 301 * rx + 97 * tx) % 1024 - 512, (
        29 * tone + 11 * rx + 403 * tx
    ) % 1024 - 512


def packed(tones: int, n_rx: int, n_tx: int) -> bytes:
    bits: list[int] = []
    for tone in range(tones):
        for rx in range(n_rx):
            for tx in range(n_tx):
                for part in reversed(value(tone, rx, tx)):
                    bits += [part >> i & 1 for i in range(10)]
    return bytes(sum(bits[i + j] << j for j in range(8)) for i in range(0, len(bits), 8))


def frame(sender: bytes = SENDER, seq: int = 0x50, size: int = 40) -> bytes:
    return (b"\x88\x01\x00\x00" + bytes(6) + sender + bytes(6) + struct.pack("<H", seq)).ljust(
        size, b"\x55"
    )


def record(
    tones=56,
    n_rx=3,
    n_tx=2,
    *,
    order="<",
    t_us=5000,
    mhz=2437,
    wide=0,
    csi=None,
    payload=None,
    rssi=(50, 40, 41, 128),
    noise=0,
):
    csi = packed(tones, n_rx, n_tx) if csi is None else csi
    payload = frame() if payload is None else payload
    head = struct.pack(
        order + "QHHBbBBBBBBBBBH",
        t_us, len(csi), mhz, 0, noise, 0x8F, wide, tones, n_rx, n_tx, *rssi, len(payload),
    )  # fmt: skip
    return struct.pack(order + "H", len(head) + len(csi) + len(payload)) + head + csi + payload
