"""What waits in a CAKE queue right now: few attributes of raw netlink, cheap enough to ask often.

Layouts: linux/rtnetlink.h (struct tcmsg), linux/pkt_sched.h (TCA_CAKE_*).
"""

import os
import socket
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.interface import Interface

_RTM_NEWQDISC, _RTM_GETQDISC = 36, 38
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_REQUEST_DUMP = 0x301
_ROOT = 0xFFFFFFFF
_KIND, _OPTIONS, _STATS2 = 1, 2, 7
_STATS_APP, _TIN_STATS = 4, 10
_BASE_RATE64, _BACKLOG_BYTES, _BULK_FLOWS = 2, 11, 22
_ROOM = 1 << 16

_HEADER = struct.Struct("=IHHII")
_TCMSG = struct.Struct("=B3xiIII")
_ATTRIBUTE = struct.Struct("=HH")

_REQUEST = _HEADER.pack(_HEADER.size + _TCMSG.size, _RTM_GETQDISC, _REQUEST_DUMP, 1, 0) + bytes(
    _TCMSG.size
)


class Waiting(NamedTuple):
    """What a shaping CAKE holds back, in all its tins."""

    bandwidth_bit_s: int
    backlog_bytes: int
    bulk_flows: int


class Backlogs:
    """An open socket for asking."""

    def __init__(self) -> None:
        """Raises DriverError."""
        self._socket = _opened()
        self._room = bytearray(_ROOM)

    def of(self, interface: Interface) -> Waiting | None:
        """None where no CAKE with a bandwidth stands at the root. Raises DriverError."""
        try:
            return self._asked(interface.index)
        except (OSError, DriverError) as e:
            self._socket.close()  # the rest of these answers would be taken for the next ones
            self._socket = _opened()
            if isinstance(e, DriverError):
                raise
            raise DriverError(f"netlink: {e.strerror or e}", transient=True) from e

    def _asked(self, index: int) -> Waiting | None:
        found: list[Waiting] = []
        view = memoryview(self._room)
        self._socket.send(_REQUEST)
        while read_answers(view[: self._socket.recv_into(view)], index, found):
            pass
        return found[0] if found else None

    def close(self) -> None:
        self._socket.close()


def _opened() -> socket.socket:
    try:
        opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    except OSError as e:
        raise DriverError(f"cannot open a netlink socket: {e.strerror}") from e
    opened.settimeout(1.0)
    return opened


def read_answers(answers: bytes | memoryview, index: int, found: list[Waiting]) -> bool:
    """Add the interface's queue if it is in one datagram of answers; False after the last one."""
    at, end = 0, len(answers)
    while at + _HEADER.size <= end:
        size, kind, _, _, _ = _HEADER.unpack_from(answers, at)
        if not _HEADER.size <= size <= end - at:
            raise DriverError("the kernel's answer about queues is cut short")
        if kind == _NLMSG_DONE:
            return False
        body = memoryview(answers)[at + _HEADER.size : at + size]
        if kind == _NLMSG_ERROR:
            code = struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
            raise DriverError(f"netlink: {os.strerror(-code)}")
        waiting = _waiting(body, index) if kind == _RTM_NEWQDISC else None
        if waiting is not None:
            found.append(waiting)
        at += size + 3 & ~3
    return True


def _waiting(body: memoryview, index: int) -> Waiting | None:
    if len(body) < _TCMSG.size:
        return None
    _, ifindex, _, parent, _ = _TCMSG.unpack_from(body)
    if (ifindex, parent) != (index, _ROOT):
        return None
    queue = _attributes(body[_TCMSG.size :])
    if bytes(queue.get(_KIND, b"")) != b"cake\0":
        return None
    bytes_s = _number(_attributes(queue.get(_OPTIONS, b"")), _BASE_RATE64)
    if not bytes_s:
        return None
    statistics = _attributes(_attributes(queue.get(_STATS2, b"")).get(_STATS_APP, b""))
    tins = [_attributes(tin) for _, tin in _pairs(statistics.get(_TIN_STATS, b""))]
    return Waiting(
        bandwidth_bit_s=8 * bytes_s,
        backlog_bytes=sum(_number(tin, _BACKLOG_BYTES) for tin in tins),
        bulk_flows=sum(_number(tin, _BULK_FLOWS) for tin in tins),
    )


def _attributes(octets: bytes | memoryview) -> dict[int, memoryview]:
    return dict(_pairs(octets))


def _pairs(octets: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """Attributes by type, up to the first that is cut short."""
    view, at = memoryview(octets), 0
    while at + _ATTRIBUTE.size <= len(view):
        size, kind = _ATTRIBUTE.unpack_from(view, at)
        if not _ATTRIBUTE.size <= size <= len(view) - at:
            return
        yield kind & 0x3FFF, view[at + _ATTRIBUTE.size : at + size]
        at += size + 3 & ~3


def _number(attributes: dict[int, memoryview], kind: int) -> int:
    """An unsigned number of four or eight bytes; 0 where it is not told."""
    return int.from_bytes(attributes.get(kind, b""), sys.byteorder)
