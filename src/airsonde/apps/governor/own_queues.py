"""Where queues of ours stand, so that news of their end is told from other news."""

from airsonde.drivers.linux.ingress import INGRESS_HANDLE
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.rtnl import Change, Topic
from airsonde.drivers.linux.tc import OUR_HANDLE


class OwnQueues:
    """Governed interfaces that bear a queue of ours, and the IFBs that stand for them."""

    def __init__(self) -> None:
        self._shaped: dict[str, int] = {}
        self._ifbs: dict[str, tuple[int, int]] = {}

    def stand(self, interface: Interface) -> None:
        self._shaped[interface.name] = interface.index

    def stand_behind(self, interface: Interface, ifb: Interface) -> None:
        """What the interface receives goes through a queue at the IFB."""
        self._ifbs[interface.name] = interface.index, ifb.index

    def forget(self, ifname: str) -> None:
        self._shaped.pop(ifname, None)
        self._ifbs.pop(ifname, None)

    def robbed(self, change: Change) -> str | None:
        """The interface that lost its queue, redirection or IFB with this change."""
        if not change.gone:
            return None
        place = change.topic, change.index, change.handle
        for ifname, index in self._shaped.items():
            if place == (Topic.QDISC, index, OUR_HANDLE):
                return ifname
        for ifname, (index, ifb) in self._ifbs.items():
            redirection = Topic.QDISC, index, INGRESS_HANDLE
            if place in {redirection, (Topic.QDISC, ifb, OUR_HANDLE), (Topic.LINK, ifb, None)}:
                return ifname
        return None
