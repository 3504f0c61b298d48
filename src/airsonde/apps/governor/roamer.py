"""Carry out a roam: through the supplicant, or by pinning the access point where it cannot."""

import asyncio
from contextlib import suppress

from airsonde.apps.governor.host import Host
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.core.ids import MacAddress, mac_text
from airsonde.drivers.linux.iwd import Backend, backend
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.networkmanager import Device, NetworkManager
from airsonde.drivers.linux.nm_settings import ProfileSetting

ACTIVATION_S = 30.0
_LOOK_S = 0.25


class Roamer:
    """One roam at a time on a host; whether it did any good is judged by the policy."""

    def __init__(self, host: Host, journal: Journal) -> None:
        self._host = host
        self._journal = journal
        self._pinning: asyncio.Task[None] | None = None
        self._profiles: dict[str, str] = {}
        self.complaint: str | None = None

    async def roam(self, ifname: str, bssid: MacAddress) -> str:
        """Ask for it; what was asked. Raises UnsupportedError where nobody can choose an AP."""
        bus, supplicant = self._host.bus, self._host.supplicant
        if bus is None or supplicant is None:
            raise UnsupportedError("without D-Bus no access point can be chosen")
        device = self._host.device(ifname)
        if device is not None and device.profile_uuid is not None:
            self._profiles[ifname] = device.profile_uuid
        if await backend(bus, ifname) is Backend.IWD:
            raise UnsupportedError(
                "iwd chooses the access point itself; its thresholds and band weights are set"
            )
        try:
            await supplicant.roam(ifname, mac_text(bssid))
        except UnsupportedError:
            return self._pin(ifname, bssid)
        return "asked the supplicant"

    async def aclose(self) -> None:
        if self._pinning is not None:
            self._pinning.cancel()
            await asyncio.wait({self._pinning})

    def _pin(self, ifname: str, bssid: MacAddress) -> str:
        if self._pinning is not None and not self._pinning.done():
            raise DriverError("another roam is not finished yet", transient=True)
        device, manager = self._host.device(ifname), self._host.manager
        uuid = self._profiles.get(ifname)
        if manager is None or device is None or uuid is None:
            raise UnsupportedError(f"nobody here can choose the access point of {ifname}")
        self._pinning = asyncio.create_task(self._pinned(manager, device, uuid, bssid))
        return "pinned the access point; the supplicant cannot be asked"

    async def _pinned(
        self, manager: NetworkManager, device: Device, uuid: str, bssid: MacAddress
    ) -> None:
        """Pin, activate, wait until it is joined, unpin; NetworkManager undoes all if it fails.

        The profile may be the one of a connection that a failed handshake has ended.
        """
        ifname = device.ifname
        knob, target = ProfileSetting(manager), f"{uuid}/802-11-wireless.bssid"
        try:
            before = await knob.read(target)
            async with manager.checkpoint([device], round(ACTIVATION_S) + 5):
                await self._journal.turn(knob, target, mac_text(bssid))
                await manager.activate(device, await manager.profile(uuid))
                await _joined(manager, ifname, mac_text(bssid))
                await knob.write(target, before)
            if before is None:
                await self._free(ifname)
            self.complaint = None
        except (DriverError, TimeoutError) as e:
            self.complaint = f"{ifname} did not join {mac_text(bssid)}: {e}"

    async def _free(self, ifname: str) -> None:
        """The supplicant would stay where it was pinned to, whatever becomes of the signal."""
        with suppress(UnsupportedError):
            if self._host.supplicant is not None:
                await self._host.supplicant.free(ifname)


async def _joined(manager: NetworkManager, ifname: str, bssid: str) -> None:
    async with asyncio.timeout(ACTIVATION_S):
        while True:
            device = manager.device(ifname)
            at = manager.access_point(device.active_ap) if device is not None else None
            if device is not None and device.activated and at is not None and at.bssid == bssid:
                return
            await asyncio.sleep(_LOOK_S)
