"""What this host offers the daemon: the drivers that could be opened, the rest as None."""

from collections.abc import Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.ethtool import AdaptiveRx, EnergyEfficient, Offload
from airsonde.drivers.linux.ingress import Ingress
from airsonde.drivers.linux.irq import Interrupts
from airsonde.drivers.linux.journal import Knob
from airsonde.drivers.linux.knobs import Sysctl, WholeFile
from airsonde.drivers.linux.message_bus import Bus
from airsonde.drivers.linux.networkmanager import ETHERNET, WIFI, Device, NetworkManager
from airsonde.drivers.linux.nl80211 import Nl80211, PowerSave
from airsonde.drivers.linux.nm_settings import ProfileSetting
from airsonde.drivers.linux.rtnl import Rtnl, link_index
from airsonde.drivers.linux.supplicant import Supplicant
from airsonde.drivers.linux.tc import TrafficControl

_KINDS = {WIFI: "wifi", ETHERNET: "ethernet"}


@dataclass(slots=True)
class Host:
    """Open drivers. `missing` says in one sentence each what could not be opened."""

    rtnl: Rtnl
    queues: TrafficControl
    ingress: Ingress
    nl80211: Nl80211 | None = None
    bus: Bus | None = None
    manager: NetworkManager | None = None
    missing: dict[str, str] = field(default_factory=dict)

    def knobs(self) -> dict[str, Knob]:
        """Everything here that the journal can put back, by kind."""
        knobs: list[Knob] = [
            Sysctl(), WholeFile(), Offload(), AdaptiveRx(), EnergyEfficient(), Interrupts(),
            self.queues, self.ingress,
        ]  # fmt: skip
        if self.nl80211 is not None:
            knobs.append(PowerSave(self.nl80211))
        if self.manager is not None:
            knobs.append(ProfileSetting(self.manager))
        return {knob.kind: knob for knob in knobs}

    @property
    def supplicant(self) -> Supplicant | None:
        return None if self.bus is None else Supplicant(self.bus)

    def device(self, ifname: str) -> Device | None:
        """What NetworkManager says of an interface, None where it does not run or know it."""
        return None if self.manager is None else self.manager.device(ifname)

    async def connect_bus(self) -> Bus:
        """The system bus, opened anew where it is gone. Raises DriverError."""
        if self.bus is None or self.bus.gone.done():
            self.manager = None
            self.bus = await Bus.system()
            self.manager = NetworkManager(self.bus)
            self.missing.pop("bus", None)
        return self.bus

    async def interfaces(self, named: Collection[str] = ()) -> dict[str, str]:
        """The interfaces there are to govern, and of which kind each is: wifi or ethernet.

        NetworkManager's where it runs, otherwise stations and devices with hardware; and those
        that somebody `named`.
        """
        devices = self.manager.devices() if self.manager is not None else []
        found = {d.ifname: _KINDS[d.kind] for d in devices if d.kind in _KINDS and d.managed}
        found = found or await self._without_manager()
        return {n: "ethernet" for n in named if link_index(n) is not None} | found

    async def _without_manager(self) -> dict[str, str]:
        found = _wired()
        if self.nl80211 is not None:
            stations = await self.nl80211.interfaces()
            found |= {i.name: "wifi" for i in stations if i.is_station and i.name}
        return found


async def open_host(stack: AsyncExitStack) -> Host:
    """Open what there is; raises DriverError only without a netlink socket."""
    rtnl = await Rtnl.open()
    stack.push_async_callback(rtnl.aclose)
    host = Host(rtnl=rtnl, queues=TrafficControl(rtnl), ingress=Ingress(rtnl))
    stack.push_async_callback(_close_bus, host)
    try:
        host.nl80211 = await Nl80211.open()
        stack.push_async_callback(host.nl80211.aclose)
    except DriverError as e:
        host.missing["nl80211"] = e.reason
    try:
        await host.connect_bus()
    except DriverError as e:
        host.missing["bus"] = e.reason
    if host.manager is not None:
        with suppress(DriverError):  # it does not run yet
            await host.manager.load()
    return host


async def _close_bus(host: Host) -> None:
    if host.bus is not None:
        await host.bus.aclose()


def _wired() -> dict[str, str]:
    return {
        path.name: "ethernet"
        for path in Path("/sys/class/net").glob("*")
        if (path / "device").exists() and not (path / "wireless").exists()
    }
