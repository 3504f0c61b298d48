"""What happens on the host, turned into a wake-up of the one loop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from airsonde.apps.governor.host import Host
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.logind import Sleep, sleeps
from airsonde.drivers.linux.message_bus import OwnerChanged
from airsonde.drivers.linux.networkmanager import NM
from airsonde.drivers.linux.nl80211 import WifiChange, wifi_changes
from airsonde.drivers.linux.object_mirror import ObjectChange
from airsonde.drivers.linux.rtnl import Change, changes

PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0)
_DEVICES = {f"{NM}.Device", f"{NM}.Device.Wireless"}
_TELLING = {
    "State", "Interface", "ActiveConnection", "ActiveAccessPoint", "LastScan", "Bitrate",
    "Metered", "Ip4Connectivity", "Ip6Connectivity",
}  # fmt: skip


class Wakes:
    """Interfaces that something happened to, until somebody looks; None stands for all."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._names: set[str] = set()
        self._all = False

    def wake(self, ifname: str | None = None) -> None:
        if ifname is None:
            self._all = True
        else:
            self._names.add(ifname)
        self._event.set()

    async def wait(self, timeout_s: float) -> frozenset[str] | None:
        """What woke the caller: some names, or None for all (also after the time-out)."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        names = None if self._all or not self._names else frozenset(self._names)
        self._event.clear()
        self._names, self._all = set(), False
        return names


def unrepeated(say: Callable[[str], None]) -> Callable[[str], None]:
    """Says nothing twice in a row, as when several follow what is gone."""
    last: str | None = None

    def once(words: str) -> None:
        nonlocal last
        if words != last:
            last = words
            say(words)

    return once


async def keep(what: Callable[[], Awaitable[None]], say: Callable[[str], None]) -> None:
    """Follow something for ever; after a fault again, later each time. Absent is said once."""
    failures = 0
    said: str | None = None
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await what()
        except DriverError as e:
            if e.reason != said:
                said = e.reason
                say(e.reason)
            if isinstance(e, UnsupportedError):
                return
        if asyncio.get_running_loop().time() - began > PAUSES_S[-1]:
            failures = 0
        await asyncio.sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
        failures += 1


async def follow_manager(host: Host, wakes: Wakes) -> None:
    """NetworkManager's devices; raises a transient DriverError when the bus goes away."""
    await host.connect_bus()
    assert host.manager is not None  # noqa: S101  (connect_bus made it)
    async for change in host.manager.follow():
        if isinstance(change, OwnerChanged) or _tells(change):
            wakes.wake()


def _tells(change: ObjectChange) -> bool:
    if change.interface not in _DEVICES:
        return False
    return not change.names or bool(change.names & _TELLING)


async def follow_kernel(heard: Callable[[Change], None]) -> None:
    """Links, queues and routes."""
    async for change in changes():
        heard(change)


async def follow_wifi(heard: Callable[[WifiChange], None]) -> None:
    """Scans and associations."""
    async for change in wifi_changes():
        heard(change)


async def follow_sleep(host: Host, awake: Callable[[], None]) -> None:
    bus = await host.connect_bus()
    async for sleep in sleeps(bus):
        if sleep is Sleep.AWAKE:
            awake()
