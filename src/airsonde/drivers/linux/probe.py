"""How long the gateway takes to answer: one ICMP echo or one ARP request at a time."""

import asyncio
import os
import socket
import struct
import time
from abc import ABC, abstractmethod
from typing import Self

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.interface import Interface

_SO_TIMESTAMPNS = 64  # uapi/asm-generic/socket.h, the 64-bit variant
_SOL_RAW, _ICMP_FILTER = 255, 1
_ICMP6_FILTER = 1
_ETH_P_ARP = 0x0806
_BROADCAST = b"\xff" * 6
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ARP_REQUEST, _ARP_REPLY = 1, 2
_DRAIN = 64


class Probe(ABC):
    """An open socket that asks one gateway; answers are timed by the kernel."""

    def __init__(self, sock: socket.socket, gateway: tuple[object, ...]) -> None:
        self._socket = sock
        self._gateway = gateway

    async def rtt_ns(self, timeout_s: float = 1.0) -> int | None:
        """Ask once; None where no answer came in time. Raises DriverError.

        Late answers to earlier questions are not taken for this one's.
        """
        self._drain()
        asked_ns, started_ns = time.time_ns(), time.monotonic_ns()
        try:
            self._socket.sendto(self._question(), self._gateway)
            async with asyncio.timeout(timeout_s):
                rtt_ns = await self._answered_ns() - asked_ns
        except TimeoutError:
            return None
        except OSError as e:
            raise DriverError(f"the gateway cannot be asked: {e.strerror}", transient=True) from e
        elapsed_ns = time.monotonic_ns() - started_ns
        return rtt_ns if 0 <= rtt_ns <= elapsed_ns else elapsed_ns  # else the wall clock was set

    def close(self) -> None:
        self._socket.close()

    @abstractmethod
    def _question(self) -> bytes:
        """The next packet to send."""

    @abstractmethod
    def _is_answer(self, packet: bytes) -> bool:
        """Whether a packet answers the newest question."""

    async def _answered_ns(self) -> int:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._socket, ready.set)
        try:
            while True:
                await ready.wait()
                ready.clear()
                if (arrived_ns := self._read()) is not None:
                    return arrived_ns
        finally:
            loop.remove_reader(self._socket)

    def _read(self) -> int | None:
        try:
            packet, ancillary, _, _ = self._socket.recvmsg(2048, socket.CMSG_SPACE(16))
        except BlockingIOError:
            return None
        return _time_ns(ancillary) if self._is_answer(packet) else None

    def _drain(self) -> None:
        try:
            for _ in range(_DRAIN):
                self._socket.recv(2048)
        except BlockingIOError:
            return
        except OSError as e:
            raise DriverError(f"the gateway cannot be asked: {e.strerror}", transient=True) from e


class EchoProbe(Probe):
    """ICMP or ICMPv6 echo, bound to the interface."""

    def __init__(self, sock: socket.socket, gateway: tuple[object, ...], *, version: int) -> None:
        super().__init__(sock, gateway)
        self._request, self._reply = (8, 0) if version == 4 else (128, 129)
        self._version = version
        self._id = int.from_bytes(os.urandom(2))
        self._sequence = 0

    @classmethod
    def open(cls, interface: Interface, address: str) -> Self:
        """Raises DriverError, which names a missing permission."""
        version = 6 if ":" in address else 4
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        protocol = socket.IPPROTO_ICMPV6 if version == 6 else socket.IPPROTO_ICMP
        sock = _raw_socket(family, protocol)
        try:
            _let_only_replies_in(sock, version)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.name.encode())
        except OSError as e:
            sock.close()
            raise DriverError(f"{address} cannot be asked: {e.strerror}", transient=True) from e
        place = (address, 0, 0, interface.index) if version == 6 else (address, 0)
        return cls(sock, place, version=version)

    def _question(self) -> bytes:
        self._sequence = self._sequence + 1 & 0xFFFF
        packet = struct.pack("!BBHHH", self._request, 0, 0, self._id, self._sequence)
        if self._version == 6:
            return packet  # the kernel fills the checksum in
        return packet[:2] + struct.pack("!H", _checksum(packet)) + packet[4:]

    def _is_answer(self, packet: bytes) -> bool:
        start = (packet[0] & 15) * 4 if self._version == 4 and packet else 0
        told = packet[start : start + 8]
        return len(told) == 8 and struct.unpack("!BxxxHH", told) == (
            self._reply,
            self._id,
            self._sequence,
        )


class ArpProbe(Probe):
    """ARP, for gateways that do not answer ICMP. IPv4 only."""

    def __init__(self, sock: socket.socket, name: str, *, own: bytes, asked: bytes) -> None:
        super().__init__(sock, (name, _ETH_P_ARP, 0, 0, _BROADCAST))
        self._mac = sock.getsockname()[4]
        self._own = own
        self._asked = asked

    @classmethod
    def open(cls, interface: Interface, address: str) -> Self:
        """Raises DriverError: no permission, no IPv4 address, an interface without ARP."""
        try:
            gateway = socket.inet_aton(address)
            own = _own_address(interface, address)
        except OSError as e:
            raise DriverError(f"{address} cannot be asked by ARP: {e}", transient=True) from e
        sock = _raw_socket(socket.AF_PACKET, socket.htons(_ETH_P_ARP), kind=socket.SOCK_DGRAM)
        try:
            sock.bind((interface.name, _ETH_P_ARP))
        except OSError as e:
            sock.close()
            raise DriverError(f"{interface.name} cannot ask by ARP: {e.strerror}") from e
        return cls(sock, interface.name, own=own, asked=gateway)

    def _question(self) -> bytes:
        fields = (1, 0x0800, 6, 4, _ARP_REQUEST, self._mac, self._own, bytes(6), self._asked)
        return _ARP.pack(*fields)

    def _is_answer(self, packet: bytes) -> bool:
        if len(packet) < _ARP.size:
            return False
        _, _, _, _, operation, _, sender, _, _ = _ARP.unpack_from(packet)
        return bool(operation == _ARP_REPLY and sender == self._asked)


def _raw_socket(family: int, protocol: int, kind: int = socket.SOCK_RAW) -> socket.socket:
    try:
        sock = socket.socket(family, kind, protocol)
    except PermissionError:
        raise DriverError("asking the gateway needs root or CAP_NET_RAW") from None
    except OSError as e:
        raise DriverError(f"cannot open a socket to ask the gateway: {e.strerror}") from e
    sock.settimeout(0)
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    return sock


def _let_only_replies_in(sock: socket.socket, version: int) -> None:
    if version == 4:
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", ~1 & 0xFFFFFFFF))
    else:
        words = [0xFFFFFFFF] * 8
        words[129 // 32] &= ~(1 << 129 % 32)
        sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


def _own_address(interface: Interface, address: str) -> bytes:
    """The address this host would use towards the gateway."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.name.encode())
        sock.connect((address, 9))
        return socket.inet_aton(sock.getsockname()[0])


def _time_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for _, kind, value in ancillary:
        if kind == _SO_TIMESTAMPNS and len(value) == 16:
            seconds, ns = struct.unpack("=qq", value)
            return int(seconds * 1_000_000_000 + ns)
    return time.time_ns()


def _checksum(packet: bytes) -> int:
    """The Internet checksum of an even number of bytes (RFC 1071)."""
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)
