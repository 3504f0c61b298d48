"""The way out of this host: its default gateways."""

import socket
from dataclasses import dataclass
from typing import Any

from airsonde.drivers.linux.rtnl import NLM_F_DUMP, Rtnl

_RTM_GETROUTE = 26
_UNICAST = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A next hop that everything else is sent to; `metric` smaller is preferred."""

    index: int
    address: str
    metric: int


async def default_gateways(rtnl: Rtnl) -> list[Gateway]:
    """The default gateways of all interfaces, the preferred one first, IPv4 before IPv6.

    A default route without a next hop (a tunnel, a modem) has none. Raises DriverError.
    """
    found = []
    for family in (socket.AF_INET, socket.AF_INET6):
        routes = await rtnl.request(_question(family), _RTM_GETROUTE, NLM_F_DUMP)
        hops = [hop for route in routes if _is_default(route) for hop in _hops(route)]
        found += sorted(hops, key=lambda hop: hop.metric)
    return found


def _question(family: int) -> Any:
    from pyroute2.netlink.rtnl.rtmsg import rtmsg

    message = rtmsg()
    message["family"] = family
    return message


def _is_default(route: Any) -> bool:
    return bool(route["dst_len"] == 0 and route["type"] == _UNICAST)


def _hops(route: Any) -> list[Gateway]:
    metric = route.get_attr("RTA_PRIORITY") or 0
    several = route.get_attr("RTA_MULTIPATH")
    if several:
        pairs = [(hop["oif"], hop.get_attr("RTA_GATEWAY")) for hop in several]
    else:
        pairs = [(route.get_attr("RTA_OIF"), route.get_attr("RTA_GATEWAY"))]
    return [
        Gateway(index=index, address=address, metric=metric)
        for index, address in pairs
        if index and address
    ]
