"""Intel 5300 records made bit by bit, the slow way."""

import struct


def value(group: int, rx: int, tx: int) -> tuple[int, int]:
    """What the built records hold: a formula, so that a test knows every number."""
    return (7 * group + 31 * rx + 57 * tx) % 256 - 128, (11 * group + 17 * rx + 91 * tx) % 256 - 128


def packed(n_rx: int, n_tx: int) -> bytes:
    bits: list[int] = []
    for group in range(30):
        bits += [0, 0, 0]
        for rx in range(n_rx):
            for tx in range(n_tx):
                for part in value(group, rx, tx):
                    bits += [part >> i & 1 for i in range(8)]
    bits += [0] * (-len(bits) % 8)
    return bytes(sum(bits[i + j] << j for j in range(8)) for i in range(0, len(bits), 8))


def report(
    n_rx=3,
    n_tx=2,
    *,
    t_us=1000,
    sel=0b100100,
    rate=0x90B,
    rssi=(30, 40, 0),
    noise=-90,
    agc=20,
    count=7,
):
    csi = packed(n_rx, n_tx)
    head = struct.pack(
        "<IHHBBBBBbBBHH", t_us, count, 0, n_rx, n_tx, *rssi, noise, agc, sel, len(csi), rate
    )
    return struct.pack(">HB", 1 + len(head) + len(csi), 0xBB) + head + csi


def received(length=60):
    return struct.pack(">HB", 1 + length, 0xC1) + bytes(range(length))
