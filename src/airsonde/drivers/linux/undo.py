"""Put back everything a journal holds, with whatever this host offers for it."""

from contextlib import AsyncExitStack, suppress

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.ethtool import AdaptiveRx, EnergyEfficient, Offload
from airsonde.drivers.linux.ingress import Ingress
from airsonde.drivers.linux.irq import Interrupts
from airsonde.drivers.linux.journal import Journal, Knob, Undone
from airsonde.drivers.linux.knobs import Sysctl, WholeFile
from airsonde.drivers.linux.message_bus import Bus
from airsonde.drivers.linux.networkmanager import NetworkManager
from airsonde.drivers.linux.nl80211 import Nl80211, PowerSave
from airsonde.drivers.linux.nm_settings import ProfileSetting
from airsonde.drivers.linux.rtnl import Rtnl
from airsonde.drivers.linux.tc import TrafficControl


async def revert_host(journal: Journal) -> list[Undone]:
    """Revert a journal; only what it needs is opened.

    A kind whose service is away (NetworkManager stopped, no Wi-Fi) fails and stays recorded.
    """
    needed = {entry.kind for entry in journal.entries}
    async with AsyncExitStack() as stack:
        knobs = _plain() + await _with_services(needed, stack)
        return await journal.revert({knob.kind: knob for knob in knobs})


def _plain() -> list[Knob]:
    return [Sysctl(), WholeFile(), Offload(), AdaptiveRx(), EnergyEfficient(), Interrupts()]


async def _with_services(needed: set[str], stack: AsyncExitStack) -> list[Knob]:
    knobs: list[Knob] = []
    with suppress(DriverError):
        if needed & {"qdisc", "ingress"}:
            rtnl = await Rtnl.open()
            stack.push_async_callback(rtnl.aclose)
            knobs += [TrafficControl(rtnl), Ingress(rtnl)]
    with suppress(DriverError):
        if "power_save" in needed:
            nl80211 = await Nl80211.open()
            stack.push_async_callback(nl80211.aclose)
            knobs.append(PowerSave(nl80211))
    with suppress(DriverError):
        if "nm_setting" in needed:
            bus = await Bus.system()
            stack.push_async_callback(bus.aclose)
            knobs.append(ProfileSetting(await NetworkManager.open(bus)))
    return knobs
