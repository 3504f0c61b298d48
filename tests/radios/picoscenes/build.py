"""PicoScenes records made segment by segment."""

import struct

SENDER = bytes.fromhex("02aabbccdd04")


def value(tone: int, rx: int, tx: int) -> tuple[int, int]:
    """What the built records hold (real, imaginary): a formula, so that a test knows every number."""
    return (13 * tone + 71 * rx + 97 * tx) % 1024 - 512, (
        29 * tone + 11 * rx + 403 * tx
    ) % 1024 - 512


def segment(name: str, version: int, content: bytes, nul: bool = True) -> bytes:
    text = name.encode() + b"\0" * nul
    rest = bytes([len(text)]) + text + struct.pack("<H", version) + content
    return struct.pack("<I", len(rest)) + rest


def basic(
    version=4,
    *,
    device=0x2000,
    t_us=1000,
    system_ns=0,
    mhz=5180,
    control=5180,
    width=20,
    fmt=1,
    rssi=-40,
):
    tail = (4, 1, 0, 2)
    if version < 3:
        users = (1, 0) if version == 2 else ()
        levels = (-90, rssi + 90, rssi + 91, rssi + 92, 128)
        return struct.pack(
            "<HQHBHH4B" + "BB" * (version == 2) + "b4B",
            device,
            t_us,
            mhz,
            fmt,
            width,
            800,
            *tail,
            *users,
            *levels,
        )
    times = (t_us, system_ns) if version == 4 else (t_us,)
    levels = (-128, rssi, rssi - 1, rssi - 2, -128)
    return struct.pack(
        "<H" + "Q" * len(times) + "HHHBHH4BBB5b",
        device,
        *times,
        mhz,
        control,
        width,
        fmt,
        width,
        800,
        *tail,
        1,
        0,
        *levels,
    )


def csi(
    version=4,
    *,
    device=0x2000,
    fmt=1,
    width=20,
    mhz=5180,
    tones=56,
    n_tx=1,
    n_rx=2,
    offset=0,
    count=1,
    sel=0b100100,
    data=b"",
):
    parts = struct.pack("<H", device) + (b"\x43" if version >= 4 else b"")
    parts += struct.pack(
        "<BHQQIHBBB", fmt, width, mhz * 10**6, width * 10**6, 312500, tones, n_tx, n_rx, 0
    )
    parts += struct.pack("<H", count) if version >= 3 else b""
    parts += bytes([sel]) + (struct.pack("<h", offset) if version >= 2 else b"")
    return parts + struct.pack("<I", len(data)) + data


def mvm_values(tones=56, n_rx=2, n_tx=1) -> bytes:
    values = [
        p
        for rx in range(n_rx)
        for tx in range(n_tx)
        for k in range(tones)
        for p in value(k, rx, tx)
    ]
    return struct.pack(f"<{len(values)}h", *values)


def frame(sender: bytes = SENDER, seq: int = 0x50, first: int = 0x88) -> bytes:
    return (
        bytes([first, 1, 0, 0]) + bytes(6) + sender + bytes(6) + struct.pack("<H", seq) + b"payload"
    )


def wrapped(segments: list[bytes], mpdu: bytes) -> bytes:
    rest = struct.pack("<IHB", 0x20150315, 1, len(segments)) + b"".join(segments) + mpdu
    return struct.pack("<I", len(rest)) + rest


def record(
    tones=56,
    n_rx=2,
    n_tx=1,
    *,
    t_us=1000,
    mpdu=None,
    system_ns=0,
    basic_version=4,
    csi_version=4,
    mac_us=None,
    offset=0,
    width=20,
    fmt=1,
    mhz=5180,
):
    """One record of an Intel AX200."""
    segments = [
        segment(
            "RxSBasic",
            basic_version,
            basic(basic_version, t_us=t_us, system_ns=system_ns, width=width, fmt=fmt),
        )
    ]
    segments.append(segment("ExtraInfo", 1, bytes(28)))
    if mac_us is not None:
        segments.append(segment("MVMExtra", 1, bytes(90) + struct.pack("<I", mac_us) + bytes(180)))
    content = csi(
        csi_version,
        tones=tones,
        n_rx=n_rx,
        n_tx=n_tx,
        offset=offset,
        width=width,
        fmt=fmt,
        mhz=mhz,
        data=mvm_values(tones, n_rx, n_tx),
    )
    segments.append(segment("CSI", csi_version, content))
    return wrapped(segments, frame() if mpdu is None else mpdu)


def old_record(
    device: int, tones: int, n_rx: int, n_tx: int, data: bytes, *, sel=0b100100, version=1
) -> bytes:
    """One record of a radio of the first generation (Intel 5300, QCA9300)."""
    content = csi(2, device=device, tones=tones, n_rx=n_rx, n_tx=n_tx, sel=sel, data=data)
    segments = [
        segment("RxSBasic", version, basic(version, device=device), nul=False),
        segment("CSI", 2, content, nul=False),
    ]
    return wrapped(segments, frame())
