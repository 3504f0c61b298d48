"""Classic pcap as the rvCSI reference reads it: no VLAN, no IPv6, no pcapng, a quiet end. Pure.

For the `rvcsi` command only; `pcap.py` and `packets.py` read everything that occurs.
"""

from collections.abc import Callable, Iterator
from struct import Struct
from typing import Final

from airsonde.core.errors import DecodeError

_HEADER_BYTES: Final = 24
_MAGICS: Final = {  # byte order, nanoseconds in a unit of the fraction
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_ETHERNET, _RAW, _COOKED, _IPV4 = 1, 101, 113, 228
_LINK_BYTES: Final = {_ETHERNET: 14, _COOKED: 16, _RAW: 0, _IPV4: 0}
_UDP: Final = 17


class ReferencePcap:
    """Packets of one capture, read front to back through `read(size)`."""

    def __init__(self, read: Callable[[int], bytes], size: int) -> None:
        """Raises DecodeError at offset 0 for what is no classic pcap."""
        head = read(_HEADER_BYTES)
        if len(head) < _HEADER_BYTES:
            raise DecodeError("pcap: buffer shorter than the 24-byte global header", offset=0)
        if head[:4] not in _MAGICS:
            magic = int.from_bytes(head[:4], "little")
            raise DecodeError(
                f"pcap: unrecognised pcap magic {magic:#010x} (pcapng is not supported)", offset=0
            )
        order, self._unit_ns = _MAGICS[head[:4]]
        self._fields = Struct(order + "4I")
        self.link_type: int = self._fields.unpack_from(head, 8)[3]
        self._read = read
        self._left = size - _HEADER_BYTES

    def udp_payloads(self) -> Iterator[tuple[int, int, bytes]]:
        """Time in ns, destination port and payload of every UDP datagram over IPv4."""
        while self._left >= self._fields.size:
            seconds, fraction, length, _ = self._fields.unpack(self._read(self._fields.size))
            self._left -= self._fields.size + length
            if self._left < 0:
                return
            found = _udp(self._read(length), self.link_type)
            if found is not None:
                yield seconds * 1_000_000_000 + fraction * self._unit_ns, *found


def _udp(packet: bytes, link_type: int) -> tuple[int, bytes] | None:
    """Destination port and payload; None for everything that is not plain UDP over IPv4."""
    start = _LINK_BYTES.get(link_type)
    if start is None or len(packet) < start:
        return None
    if start and packet[start - 2 : start] != b"\x08\x00":
        return None
    ip = packet[start:]
    if len(ip) < 20 or ip[0] >> 4 != 4 or ip[9] != _UDP:
        return None
    head = (ip[0] & 15) * 4
    udp = ip[head:]
    if head < 20 or len(udp) < 8:
        return None
    length = int.from_bytes(udp[4:6], "big")
    return int.from_bytes(udp[2:4], "big"), udp[8 : max(length, 8)]
