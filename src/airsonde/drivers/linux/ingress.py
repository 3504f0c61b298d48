"""What an interface receives, led through a queue: ingress redirected to an IFB."""

import errno
from contextlib import suppress
from typing import Any

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.interface import Interface, identity
from airsonde.drivers.linux.journal import Journal, Value
from airsonde.drivers.linux.rtnl import (
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    RTM_GETQDISC,
    RTM_GETTFILTER,
    TC_H_INGRESS,
    Rtnl,
    link_index,
    tc_message,
)
from airsonde.drivers.linux.rtnl_socket import RTM_DELQDISC, RTM_NEWQDISC, RTM_NEWTFILTER

INGRESS_HANDLE = 0xFFFF0000
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
        led = await self._has_queue(interface)
        if led and link_index(name) is None:
            await self._take_back(interface)
            led = False
        if not journal.holds(self.kind, interface.target):
            journal.note(self.kind, interface.target, before=None, after=name)
        ifb = Interface(index=await self._rtnl.add_link(name, "ifb"), name=name)
        if not led:
            await self._lead(interface, ifb)
        return ifb

    async def read(self, target: str) -> Value:
        """The name of our IFB, None where neither it nor a rule that leads there stands."""
        name = _ifb_of(target)
        if link_index(name) is not None:
            return name
        with suppress(UnsupportedError):  # unplugged, and its rules with it
            if await self._leads(Interface.of_target(target)):
                return name
        return None

    async def write(self, target: str, value: Value) -> None:
        """Only None can be written: it takes a redirection of ours away."""
        if value is not None:
            raise DriverError("a redirection is made by `redirect`")
        with suppress(UnsupportedError):  # unplugged: only the IFB is left
            interface = Interface.of_target(target)
            if await self._has_queue(interface):
                await self._remove_queue(interface)
        await self._rtnl.remove_link(_ifb_of(target))

    async def _take_back(self, interface: Interface) -> None:
        """Remove an ingress queue of ours whose IFB was deleted: the kernel drops all it gets."""
        if not await self._leads(interface):
            raise DriverError(
                f"{interface.name} has an ingress queue of somebody else; it is left alone"
            )
        await self._remove_queue(interface)

    async def _remove_queue(self, interface: Interface) -> None:
        message = tc_message(interface.index, TC_H_INGRESS, INGRESS_HANDLE, "ingress")
        await self._rtnl.request(message, RTM_DELQDISC, NLM_F_ACK)

    async def _has_queue(self, interface: Interface) -> bool:
        message = tc_message(interface.index, TC_H_INGRESS)
        answers = await self._rtnl.request(message, RTM_GETQDISC, NLM_F_DUMP)
        return any(a["index"] == interface.index and a["parent"] == TC_H_INGRESS for a in answers)

    async def _leads(self, interface: Interface) -> bool:
        """Whether a rule of ours stands, known by its priority."""
        if not await self._has_queue(interface):
            return False
        message = tc_message(interface.index, INGRESS_HANDLE)
        answers = await self._rtnl.request(message, RTM_GETTFILTER, NLM_F_DUMP)
        return any(answer["info"] >> 16 == _OUR_PRIORITY for answer in answers)

    async def _lead(self, interface: Interface, ifb: Interface) -> None:
        new = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL
        queue = tc_message(interface.index, TC_H_INGRESS, INGRESS_HANDLE, "ingress")
        rule = tc_message(interface.index, INGRESS_HANDLE, 0, "u32", _everything_to(ifb))
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
    return _ifb_of(interface.target)


def _ifb_of(target: str) -> str:
    return f"airsonde{identity(target)}"[:15]


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
