"""The kernel's routing socket: requests, dumps, and news of links, queues and routes."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.rtnl_socket import (
    RTM_DELLINK,
    RTM_DELQDISC,
    RTM_DELROUTE,
    RTM_NEWLINK,
    RTM_NEWQDISC,
    RTM_NEWROUTE,
    link_message,
    open_socket,
)

RTM_GETQDISC, RTM_GETTFILTER = 38, 46

TC_H_ROOT, TC_H_INGRESS = 0xFFFFFFFF, 0xFFFFFFF1  # linux/pkt_sched.h

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400

# linux/rtnetlink.h, the legacy multicast bits: link, tc, IPv4 routes, IPv6 routes
_GROUPS = 0x1 | 0x8 | 0x40 | 0x400


class Topic(Enum):
    LINK = "link"
    QDISC = "qdisc"
    ROUTE = "route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something about one interface changed; `gone` when it went away.

    `handle` is the queue's (0: the kernel's own), `name` the link's.
    """

    topic: Topic
    index: int
    gone: bool
    handle: int | None = None
    name: str | None = None


_TOPICS = {
    RTM_NEWLINK: (Topic.LINK, False),
    RTM_DELLINK: (Topic.LINK, True),
    RTM_NEWQDISC: (Topic.QDISC, False),
    RTM_DELQDISC: (Topic.QDISC, True),
    RTM_NEWROUTE: (Topic.ROUTE, False),
    RTM_DELROUTE: (Topic.ROUTE, True),
}


class Rtnl:
    """One open socket for requests, one at a time: the kernel refuses a second dump meanwhile."""

    def __init__(self, opened: Any) -> None:
        self._socket = opened
        self._free = asyncio.Lock()

    @classmethod
    async def open(cls) -> Self:
        """Raises DriverError."""
        return cls(await open_socket())

    async def request(self, message: Any, kind: int, flags: int) -> list[Any]:
        """Send one message and gather the answers.

        Raises UnsupportedError for an interface that is gone, DriverError otherwise; `errno` is
        the kernel's.
        """
        from pyroute2.netlink.exceptions import NetlinkError

        try:
            async with self._free:
                answers = await self._socket.nlm_request(
                    message, msg_type=kind, msg_flags=NLM_F_REQUEST | flags
                )
                return [answer async for answer in answers]
        except NetlinkError as e:
            raise kernel_refusal(e.code) from e
        except OSError as e:
            raise DriverError(f"netlink: {e.strerror or e}", transient=True) from e

    async def add_link(self, name: str, kind: str) -> int:
        """Make an interface, or find the one there is, and bring it up; its index.

        Raises UnsupportedError where the kernel knows no such kind.
        """
        index = link_index(name)
        if index is not None:
            await self.request(link_message(index), RTM_NEWLINK, NLM_F_ACK)
            return index
        new = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL
        try:
            await self.request(link_message(name=name, kind=kind), RTM_NEWLINK, new)
        except DriverError as e:
            if e.errno == errno.EOPNOTSUPP:
                raise UnsupportedError(f"this kernel has no {kind} interfaces") from e
            raise
        return socket.if_nametoindex(name)

    async def remove_link(self, name: str) -> None:
        """Remove an interface that may be gone already."""
        index = link_index(name)
        if index is not None:
            with suppress(UnsupportedError):
                await self.request(link_message(index), RTM_DELLINK, NLM_F_ACK)

    async def aclose(self) -> None:
        self._socket.close()


async def changes() -> AsyncIterator[Change]:
    """What happens to links, queues and default routes from now on. Raises DriverError.

    News lost because nobody read for long ends it with a transient error: look at everything anew.
    """
    opened = await open_socket(_GROUPS)
    try:
        async for message in news(opened):
            if (change := _change(message)) is not None:
                yield change
    finally:
        opened.close()


async def news(open_socket: Any) -> AsyncIterator[Any]:
    """Messages of the groups a socket of pyroute2 belongs to, until some were lost."""
    from pyroute2.netlink.exceptions import NetlinkError

    while True:
        try:
            async for message in open_socket.get():
                yield message
        except (NetlinkError, OSError) as e:
            raise DriverError("news of the kernel were lost; look anew", transient=True) from e


def link_index(name: str) -> int | None:
    """The index of an interface, None where there is none."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return None


def tc_message(
    index: int, parent: int, handle: int = 0, kind: str | None = None, options: Any = None
) -> Any:
    """A message about a queue or rule of an interface (linux/rtnetlink.h, struct tcmsg)."""
    from pyroute2.netlink.rtnl.tcmsg import tcmsg

    message = tcmsg()
    message["index"] = index
    message["parent"] = parent
    message["handle"] = handle
    message["attrs"] = [] if kind is None else [["TCA_KIND", kind]]
    if options is not None:
        message["attrs"].append(["TCA_OPTIONS", options])
    return message


def _change(message: Any) -> Change | None:
    topic, gone = _TOPICS.get(message["header"]["type"], (None, False))
    match topic:
        case Topic.LINK:
            name = message.get_attr("IFLA_IFNAME")
            return Change(topic=topic, index=message["index"], gone=gone, name=name)
        case Topic.QDISC:
            return Change(topic=topic, index=message["index"], gone=gone, handle=message["handle"])
        case Topic.ROUTE if message["dst_len"] == 0 and message["type"] == 1:
            return Change(topic=topic, index=message.get_attr("RTA_OIF") or 0, gone=gone)
        case _:
            return None


def kernel_refusal(code: int) -> DriverError:
    """What an errno of the kernel means to who asked."""
    match code:
        case errno.ENODEV:
            error: DriverError = UnsupportedError("the interface is gone")
        case errno.EOPNOTSUPP:
            error = UnsupportedError("the kernel or the driver does not support it")
        case errno.EPERM | errno.EACCES:
            error = DriverError("not permitted; run as root or with CAP_NET_ADMIN")
        case errno.EBUSY | errno.EAGAIN | errno.EINTR | errno.ENOBUFS:
            error = DriverError(f"the kernel is busy: {os.strerror(code)}", transient=True)
        case _:
            error = DriverError(f"the kernel refused: {os.strerror(code)}")
    error.errno = code
    return error
