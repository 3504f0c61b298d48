"""FeitCSI records made field by field."""

import struct

SENDER = bytes.fromhex("02aabbccdd03")
FORMATS = {"non-ht": 1, "ht": 2, "vht": 3, "he": 4, "eht": 5}


def value(column: int, rx: int, tx: int) -> tuple[int, int]:
    """What the built records hold (real, imaginary): a formula, so that a test knows every number."""
    return (97 * column + 5003 * rx + 1009 * tx) % 65536 - 32768, (
        31 * column + 701 * rx
    ) % 65536 - 32768


def record(
    tones=56,
    n_rx=2,
    n_tx=1,
    *,
    ppdu="ht",
    width=20,
    device_us=1000,
    host_us=0,
    rssi=(46, 48),
    sender=SENDER,
):
    values = [
        part
        for rx in range(n_rx)
        for tx in range(n_tx)
        for k in range(tones)
        for part in value(k, rx, tx)
    ]
    csi = struct.pack(f"<{len(values)}h", *values)
    head = bytearray(272)
    struct.pack_into("<IIIQ", head, 0, len(csi), 4, 320 * device_us % 2**32, host_us)
    struct.pack_into("<BB4xI", head, 46, n_rx, n_tx, tones)
    struct.pack_into("<II", head, 60, *rssi)
    head[68:74] = sender
    rate = FORMATS[ppdu] << 8 | (20, 40, 80, 160, 320).index(width) << 11 | 0x10C000 | 7
    struct.pack_into("<II", head, 88, device_us, rate)
    return bytes(head) + csi
