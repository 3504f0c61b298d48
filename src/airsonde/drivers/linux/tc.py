"""Queues of an interface: CAKE set up, read, and what stood before put back."""

import errno
from dataclasses import dataclass
from typing import Any

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux import cake as cakes
from airsonde.drivers.linux.cake import Cake, CakeState
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Journal, Value
from airsonde.drivers.linux.rtnl import (
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_REPLACE,
    RTM_GETQDISC,
    TC_H_ROOT,
    Rtnl,
    tc_message,
)
from airsonde.drivers.linux.rtnl_socket import RTM_DELQDISC, RTM_NEWQDISC

OUR_HANDLE = 0xA150 << 16  # how a queue of ours is known again after a crash: `a150:`
OURS = "airsonde"

# Queues without classes below them: their options, as the kernel tells them, make the same queue.
_RESTORABLE = {
    "bfifo", "cake", "codel", "fq", "fq_codel", "fq_pie", "pfifo", "pfifo_fast", "pie", "sfq",
    "tbf",
}  # fmt: skip
_NO_SUCH_KIND = "this kernel has no {} queue (module sch_{})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Qdisc:
    """A queueing discipline at the root of an interface; handle 0 is the kernel's own choice."""

    kind: str
    handle: int
    options: Value

    @property
    def ours(self) -> bool:
        return self.handle == OUR_HANDLE


class TrafficControl:
    """Root queues of interfaces; also the journal's knob `qdisc`."""

    kind = "qdisc"
    volatile = True

    def __init__(self, rtnl: Rtnl) -> None:
        self._rtnl = rtnl

    async def root(self, interface: Interface) -> Qdisc | None:
        """None where the interface is gone or has no queue. Raises DriverError."""
        message = await self._root_message(interface)
        return None if message is None else _qdisc(message)

    async def cake(self, interface: Interface) -> CakeState | None:
        """The CAKE queue at the root with its statistics, None where another queue stands."""
        message = await self._root_message(interface)
        if message is None or message.get_attr("TCA_KIND") != "cake":
            return None
        statistics = message.get_attr("TCA_STATS2")
        told = None if statistics is None else statistics.get_attr("TCA_STATS_APP")
        return cakes.decode(message.get_attr("TCA_OPTIONS"), told)

    async def shape(self, journal: Journal, interface: Interface, cake: Cake) -> None:
        """Let CAKE stand at the root; where ours stands it changes without losing a packet.

        Raises UnsupportedError where the kernel has no CAKE, DriverError where somebody else's
        queue has classes that could not be put back.
        """
        await self._stand(journal, interface, "cake", cakes.options(cake))

    async def fair_queue(self, journal: Journal, interface: Interface) -> None:
        """The next best without CAKE: fq_codel for a Wi-Fi uplink, which does not shape."""
        await self._stand(journal, interface, "fq_codel", _FQ_CODEL)

    async def put(self, interface: Interface, kind: str, handle: int, options: Value) -> None:
        """Replace the root queue."""
        if isinstance(options, str):  # what pyroute2 does not decode, it gives as `28:23:00:00`
            options = bytes.fromhex(options.replace(":", ""))
        message = tc_message(interface.index, TC_H_ROOT, handle, kind, options)
        try:
            await self._rtnl.request(
                message, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE
            )
        except DriverError as e:
            if e.errno == errno.ENOENT:
                raise UnsupportedError(_NO_SUCH_KIND.format(kind, kind)) from e
            raise

    async def read(self, target: str) -> Value:
        qdisc = await self.root(Interface.of_target(target))
        if qdisc is None or qdisc.handle == 0:
            return None
        if qdisc.ours:
            return OURS
        return {"kind": qdisc.kind, "handle": qdisc.handle, "options": qdisc.options}

    async def write(self, target: str, value: Value) -> None:
        interface = Interface.of_target(target)
        if value is None:
            message = tc_message(interface.index, TC_H_ROOT)
            await self._rtnl.request(message, RTM_DELQDISC, NLM_F_ACK)
            return
        try:
            kind, handle, options = value["kind"], value["handle"], value["options"]
        except (KeyError, TypeError) as e:
            raise DriverError(f"the recorded queue of {interface.name} is damaged") from e
        await self.put(interface, kind, handle, options)

    async def _stand(
        self, journal: Journal, interface: Interface, kind: str, options: Value
    ) -> None:
        qdisc = await self.root(interface)
        if qdisc is None or not (qdisc.ours and journal.holds(self.kind, interface.target)):
            await self._claim(journal, interface)
        if qdisc is not None and qdisc.ours and qdisc.kind != kind:
            await self.write(interface.target, None)  # a handle keeps its kind
        await self.put(interface, kind, OUR_HANDLE, options)

    async def _claim(self, journal: Journal, interface: Interface) -> None:
        before = await self.read(interface.target)
        if before == OURS:  # of a journal that was lost
            before = None
        if before is not None and before["kind"] not in _RESTORABLE:
            raise DriverError(
                f"{interface.name} has a {before['kind']} queue of somebody else; it is left alone "
                f"(`tc qdisc del dev {interface.name} root` removes it)"
            )
        journal.note(self.kind, interface.target, before=before, after=OURS)

    async def _root_message(self, interface: Interface) -> Any:
        message = tc_message(interface.index, TC_H_ROOT)
        for answer in await self._rtnl.request(message, RTM_GETQDISC, NLM_F_DUMP):
            if answer["index"] == interface.index and answer["parent"] == TC_H_ROOT:
                return answer
        return None


# for an uplink whose rate is small and changes: short queues, and a target below the usual 5 ms
_FQ_CODEL = {
    "attrs": [
        ["TCA_FQ_CODEL_TARGET", 2_000],
        ["TCA_FQ_CODEL_LIMIT", 300],
        ["TCA_FQ_CODEL_INTERVAL", 50_000],
        ["TCA_FQ_CODEL_ECN", 1],
        ["TCA_FQ_CODEL_QUANTUM", 300],
    ]
}


def _qdisc(message: Any) -> Qdisc:
    return Qdisc(
        kind=str(message.get_attr("TCA_KIND")),
        handle=int(message["handle"]),
        options=plain(message.get_attr("TCA_OPTIONS")),
    )


def plain(value: Any) -> Value:
    """A decoded netlink attribute as values that JSON can hold and that encode the same again."""
    if not isinstance(value, dict):
        return value
    kept = {name: plain(field) for name, field in value.items() if name not in {"attrs", "header"}}
    if "attrs" in value:
        attrs = [[slot[0], plain(slot[1])] for slot in value["attrs"] if slot[0] != "UNKNOWN"]
        kept["attrs"] = attrs
    return kept
