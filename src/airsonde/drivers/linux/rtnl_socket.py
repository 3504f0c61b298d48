"""pyroute2's netlink socket for routing messages, taught only those that are read here.

Its own classes for this load every message it knows, and OpenSSL with one of them.
"""

import socket
from typing import Any

from airsonde.core.errors import DriverError

RTM_NEWLINK, RTM_DELLINK = 16, 17
RTM_NEWADDR = 20
RTM_NEWROUTE, RTM_DELROUTE = 24, 25
RTM_NEWQDISC, RTM_DELQDISC = 36, 37
RTM_NEWTFILTER = 44

IFF_UP = 0x1


async def open_socket(groups: int = 0) -> Any:
    """A socket that belongs to some multicast groups (linux/rtnetlink.h, the legacy bits).

    Raises DriverError.
    """
    from pyroute2.netlink.nlsocket import AsyncNetlinkSocket

    opened = AsyncNetlinkSocket(family=socket.NETLINK_ROUTE)
    opened.marshal.msg_map.update(_layouts())
    try:
        await opened.setup_endpoint()
        if groups:
            await opened.bind(groups=groups)
    except OSError as e:
        opened.close()
        raise DriverError(f"cannot open a netlink socket: {e.strerror}") from e
    return opened


def link_message(index: int = 0, *, name: str | None = None, kind: str | None = None) -> Any:
    """A message about an interface, up (linux/rtnetlink.h, struct ifinfomsg)."""
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

    message = ifinfmsg()
    message["index"] = index
    message["flags"] = message["change"] = IFF_UP
    message["attrs"] = [] if name is None else [["IFLA_IFNAME", name]]
    if kind is not None:
        message["attrs"].append(["IFLA_LINKINFO", {"attrs": [["IFLA_INFO_KIND", kind]]}])
    return message


def _layouts() -> dict[int, Any]:
    """How what the kernel sends is laid out, by the type of the message."""
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
    from pyroute2.netlink.rtnl.rtmsg import rtmsg
    from pyroute2.netlink.rtnl.tcmsg import tcmsg

    layouts = {
        ifinfmsg: (RTM_NEWLINK, RTM_DELLINK),
        ifaddrmsg: (RTM_NEWADDR,),
        rtmsg: (RTM_NEWROUTE, RTM_DELROUTE),
        tcmsg: (RTM_NEWQDISC, RTM_DELQDISC, RTM_NEWTFILTER),
    }
    return {kind: layout for layout, kinds in layouts.items() for kind in kinds}
