"""From captured packets to UDP payloads: Ethernet, VLAN, Linux cooked, raw IP; IPv4 and IPv6.

Pure. Packets of a capture look alike: the first of each kind is parsed, and every other one whose
deciding bytes are the same is taken to end where it does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import DecodeError
from airsonde.csi.model import I64, U8
from airsonde.csi.records import Records

ETHERNET, RAW_IP, SLL, IPV4, IPV6, SLL2 = 1, 101, 113, 228, 229, 276
LINK_TYPES = (ETHERNET, RAW_IP, 12, 14, SLL, IPV4, IPV6, SLL2)
_VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6 = 0x0800, 0x86DD
_UDP = 17
_FRAGMENT = 44
_EXTENSIONS = (0, 43, 60)  # hop-by-hop, routing, destination options


@dataclass(frozen=True, slots=True)
class Payloads:
    """UDP payloads of n packets: where (int64), how long (int64), to which port, why not."""

    starts: I64
    sizes: I64
    ports: I64
    refused: tuple[str | None, ...]
    kinds: NDArray[np.intp]

    @property
    def good(self) -> NDArray[np.bool_]:
        """bool[n]: which packets carry one."""
        return np.array([r is None for r in self.refused])[self.kinds]


@dataclass(slots=True)
class _Packet:
    """One packet under examination; remembers which bytes decided."""

    data: bytes
    looked_at: set[tuple[int, int]]

    def number(self, offset: int, size: int) -> int:
        if offset + size > len(self.data):
            raise DecodeError("packet too short for its headers")
        self.looked_at.add((offset, size))
        return int.from_bytes(self.data[offset : offset + size], "big")


def udp_payloads(data: U8, starts: I64, sizes: I64, link_type: int) -> Payloads:
    """Find the UDP payload of each packet; `refused[kinds[i]]` says why packet i has none."""
    kinds = np.zeros(len(starts), np.intp)
    found: list[tuple[str | None, int, int, int]] = []
    left = np.arange(len(starts))
    while len(left):
        begin, size = int(starts[left[0]]), int(sizes[left[0]])
        packet = _Packet(data[begin : begin + min(size, 512)].tobytes(), set())
        found.append(_examine(packet, size, link_type))
        same = _alike(data, starts[left], sizes[left], packet)
        kinds[left[same]] = len(found) - 1
        left = left[~same]
    offsets, lengths, ports = np.array([f[1:] for f in found], np.int64).reshape(-1, 3).T
    return Payloads(
        starts + offsets[kinds], lengths[kinds], ports[kinds], tuple(f[0] for f in found), kinds
    )


def _alike(data: U8, starts: I64, sizes: I64, packet: _Packet) -> NDArray[np.bool_]:
    same = sizes == sizes[0]
    candidates = Records(data, starts if same.all() else starts[same])
    equal = np.ones(len(candidates), dtype=bool)
    for offset, size in packet.looked_at:
        column = candidates.column(offset, f"u{size}")
        equal &= column == np.frombuffer(packet.data, f"u{size}", 1, offset)
    same[same] = equal
    return np.asarray(same, dtype=bool)


def _examine(packet: _Packet, size: int, link_type: int) -> tuple[str | None, int, int, int]:
    try:
        ethertype, at = _network(packet, link_type)
        if ethertype == _IPV4:
            at = _ipv4(packet, at)
        elif ethertype == _IPV6:
            at = _ipv6(packet, at)
        else:
            return f"not IP (ethertype {ethertype:#06x})", 0, 0, 0
        port, length = packet.number(at + 2, 2), packet.number(at + 4, 2) - 8
    except DecodeError as e:
        return e.reason, 0, 0, 0
    if length < 0:
        return "bad UDP length", 0, 0, 0
    if at + 8 + length > size:
        return "packet cut short by the capture", 0, 0, 0
    return None, at + 8, length, port


def _network(packet: _Packet, link_type: int) -> tuple[int, int]:
    """Ethertype and offset of the network header."""
    if link_type == ETHERNET:
        at = 12
        while (ethertype := packet.number(at, 2)) in _VLAN_TAGS:
            at += 4
        return ethertype, at + 2
    if link_type == SLL:
        return packet.number(14, 2), 16
    if link_type == SLL2:
        return packet.number(0, 2), 20
    return (_IPV6 if packet.number(0, 1) >> 4 == 6 else _IPV4), 0


def _ipv4(packet: _Packet, at: int) -> int:
    first = packet.number(at, 1)
    if first >> 4 != 4 or first & 15 < 5:
        raise DecodeError("bad IPv4 header")
    if packet.number(at + 6, 2) & 0x3FFF:
        raise DecodeError("IPv4 fragment")
    if packet.number(at + 9, 1) != _UDP:
        raise DecodeError("not UDP")
    return at + (first & 15) * 4


def _ipv6(packet: _Packet, at: int) -> int:
    if packet.number(at, 1) >> 4 != 6:
        raise DecodeError("bad IPv6 header")
    following, at = packet.number(at + 6, 1), at + 40
    while following in _EXTENSIONS:
        following, at = packet.number(at, 1), at + 8 + 8 * packet.number(at + 1, 1)
    if following == _FRAGMENT:
        raise DecodeError("IPv6 fragment")
    if following != _UDP:
        raise DecodeError("not UDP")
    return at
