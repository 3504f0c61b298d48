"""Build packets and capture files byte by byte, for tests of those who read them."""

from struct import pack

MAC = bytes.fromhex("aabbcc001122")
ETHERNET, RAW_IP, SLL, SLL2 = 1, 101, 113, 276


def nexmon_payload(samples, *, rssi=-42, mac=MAC, sequence=0x1234, core=0,
                   chanspec=0xD024, chip=0x0065, old=False):  # fmt: skip
    """One nexmon_csi datagram around ready-made sample bytes."""
    front = pack("<HH", 0x1111, 0x1111) if old else pack("<HbB", 0x1111, rssi, 0x80)
    return front + mac + pack("<HHHH", sequence, core, chanspec, chip) + samples


def udp(payload, port=5500):
    return pack(">HHHH", 5500, port, 8 + len(payload), 0) + payload


def ipv4(payload, *, protocol=17, fragment=0, options=b""):
    header = pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload),
                  1, fragment, 64, protocol, 0, bytes(4), bytes(4))  # fmt: skip
    return header + options + payload


def ipv6(payload, *, following=17):
    return pack(">IHBB", 0x60000000, len(payload), following, 64) + bytes(32) + payload


def ethernet(packet, ethertype=0x0800, tags=()):
    vlan = b"".join(pack(">HH", tag, 7) for tag in tags)
    return b"\xff" * 6 + b"NEXMON" + vlan + pack(">H", ethertype) + packet


def pcap(packets, *, order="<", nanoseconds=False, link_type=ETHERNET, t0=1_700_000_000):
    """A classic pcap; packet i was received i milliseconds after `t0`."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    out = [pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)]
    for i, packet in enumerate(packets):
        fraction = i * (1_000_000 if nanoseconds else 1000)
        out.append(pack(order + "IIII", t0, fraction, len(packet), len(packet)) + packet)
    return b"".join(out)


def pcapng_block(kind, body, order="<"):
    padded = body + bytes(-len(body) % 4)
    size = pack(order + "I", 12 + len(padded))
    return pack(order + "I", kind) + size + padded + size


def pcapng(packets, *, order="<", link_type=ETHERNET, t0=1_700_000_000, resolution=None):
    """A pcapng with one interface; packet i was received i milliseconds after `t0`."""
    options = b""
    units = 10**6
    if resolution is not None:
        options = pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
        units = 1 << (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    section = pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    out = [pcapng_block(0x0A0D0D0A, section, order)]
    out.append(pcapng_block(1, pack(order + "HHI", link_type, 0, 65535) + options, order))
    for i, packet in enumerate(packets):
        stamp = t0 * units + i * units // 1000
        head = pack(order + "IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(packet), len(packet))
        out.append(pcapng_block(6, head + packet, order))
    return b"".join(out)
