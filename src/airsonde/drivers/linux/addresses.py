"""The addresses this host has on each interface."""

import socket

from airsonde.drivers.linux.rtnl import NLM_F_DUMP, Rtnl

_RTM_GETADDR = 22


async def local_addresses(rtnl: Rtnl) -> dict[int, frozenset[bytes]]:
    """Raw IPv4 and IPv6 addresses (4 or 16 bytes) by the index of the interface.

    Raises DriverError.
    """
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg

    found: dict[int, set[bytes]] = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        message = ifaddrmsg()
        message["family"] = family
        for answer in await rtnl.request(message, _RTM_GETADDR, NLM_F_DUMP):
            text = answer.get_attr("IFA_LOCAL") or answer.get_attr("IFA_ADDRESS")
            if text:
                found.setdefault(answer["index"], set()).add(socket.inet_pton(family, text))
    return {index: frozenset(addresses) for index, addresses in found.items()}
