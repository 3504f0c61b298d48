"""What an interface receives, led through a queue: ingress redirected to an IFB."""

import errno
from typing import Any

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Journal, Value
from airsonde.drivers.linux.rtnl import (
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    RTM_GETQDISC,
    RTM_NEWTFILTER,
    TC_H_INGRESS,
    Rtnl,
    link_index,
    tc_message,
)
from airsonde.drivers.linux.rtnl_socket import RTM_DELQDISC, RTM_NEWQDISC

_INGRESS_HANDLE = 0xFFFF0000
_ALL_PROTOCOLS = 0x0300  # ETH_P_ALL in network order, as it stands in tcm_info
_OUR_PRIORITY = 0xA150
_REDIRECT = 1  # linux/tc_act/tc_mirred.h TCA_EGRESS_REDIR
_STOLEN = 4  # linux/pkt_cls.h TC_ACT_STOLEN


class Ingress:
    """Redirections of received packets; also the journal's knob `ingress`.

    A value is the name of our IFB, None where there is none.
    """

    kind = "ingress"
    volatile = True

    def __init__(self, rtnl: Rtnl) -> None:
        self._rtnl = rtnl

    async def redirect(self, journal: Journal, interface: Interface) -> Interface:
        """Lead received packets through an IFB of ours, made for it; its root queue shapes them.

        Raises UnsupportedError where the kernel cannot, DriverError where somebody else uses the
        interface's ingress.
        """
        name = ifb_name(interface)
        ours = await self.read(interface.target) is not None
        if not ours and await self._queue(interface) is not None:
            raise DriverError(
                f"{interface.name} has an ingress queue of somebody else; it is left alone"
            )
        if not journal.holds(self.kind, interface.target):
            journal.note(self.kind, interface.target, before=None, after=name)
        ifb = Interface(index=await self._rtnl.add_link(name, "ifb"), name=name)
        if await self._queue(interface) is None:
            await self._lead(interface, ifb)
        return ifb

    async def read(self, target: str) -> Value:
        """The name of our IFB, None where no such redirection stands."""
        name = ifb_name(Interface.of_target(target))
        return None if link_index(name) is None else name

    async def write(self, target: str, value: Value) -> None:
        """Only None can be written: it takes a redirection of ours away."""
        if value is not None:
            raise DriverError("a redirection is made by `redirect`")
        interface = Interface.of_target(target)
        queue = await self._queue(interface)
        if queue is not None:
            message = tc_message(interface.index, TC_H_INGRESS, _INGRESS_HANDLE, "ingress")
            await self._rtnl.request(message, RTM_DELQDISC, NLM_F_ACK)
        await self._rtnl.remove_link(ifb_name(interface))

    async def _queue(self, interface: Interface) -> str | None:
        message = tc_message(interface.index, TC_H_INGRESS)
        for answer in await self._rtnl.request(message, RTM_GETQDISC, NLM_F_DUMP):
            if answer["index"] == interface.index and answer["parent"] == TC_H_INGRESS:
                return str(answer.get_attr("TCA_KIND"))
        return None

    async def _lead(self, interface: Interface, ifb: Interface) -> None:
        new = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL
        queue = tc_message(interface.index, TC_H_INGRESS, _INGRESS_HANDLE, "ingress")
        rule = tc_message(interface.index, _INGRESS_HANDLE, 0, "u32", _everything_to(ifb))
        rule["info"] = _OUR_PRIORITY << 16 | _ALL_PROTOCOLS
        try:
            await self._rtnl.request(queue, RTM_NEWQDISC, new)
        except DriverError as e:
            await self._rtnl.remove_link(ifb.name)
            raise _refusal(e) from e
        try:
            await self._rtnl.request(rule, RTM_NEWTFILTER, new)
        except DriverError as e:
            await self.write(interface.target, None)
            raise _refusal(e) from e


def _refusal(error: DriverError) -> DriverError:
    if error.errno != errno.ENOENT:
        return error
    return UnsupportedError(
        "this kernel cannot redirect received packets (sch_ingress, cls_u32, act_mirred)"
    )


def ifb_name(interface: Interface) -> str:
    return f"airsonde{interface.index}"[:15]


def _everything_to(ifb: Interface) -> dict[str, Any]:
    """Options of a u32 rule that matches every packet and hands it to an interface's queue."""
    mirred = {
        "attrs": [
            [
                "TCA_MIRRED_PARMS",
                {"eaction": _REDIRECT, "action": _STOLEN, "ifindex": ifb.index},
            ]
        ]
    }
    action = {"attrs": [["TCA_ACT_KIND", "mirred"], ["TCA_ACT_OPTIONS", mirred]]}
    return {
        "attrs": [
            ["TCA_U32_SEL", {"keys": ["0x0/0x0+0"]}],
            ["TCA_U32_ACT", {"attrs": [["TCA_ACT_PRIO_1", action]]}],
        ]
    }
