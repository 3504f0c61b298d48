"""NetworkManager over D-Bus: its devices and access points as facts, and what it may be asked."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.message_bus import Bus, OwnerChanged, Service
from airsonde.drivers.linux.object_mirror import ObjectChange, ObjectMirror

NM = "org.freedesktop.NetworkManager"
_PATH = "/org/freedesktop/NetworkManager"
_DEVICE, _WIRELESS = f"{NM}.Device", f"{NM}.Device.Wireless"
_ACCESS_POINT, _ACTIVE = f"{NM}.AccessPoint", f"{NM}.Connection.Active"
_CONNECTION = f"{NM}.Settings.Connection"

WIFI, ETHERNET = 2, 1  # NMDeviceType
UNMANAGED, ACTIVATED = 10, 100  # NMDeviceState
_PORTAL = 2  # NMConnectivityState
_METERED = {1: True, 2: False, 3: True, 4: False}  # NMMetered: yes, no, guessed
_SCAN_EVERY_S = 8.0  # NetworkManager refuses more while a device is activated


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """What NetworkManager knows of one AP.

    Its percentages mean other levels for the connected AP than for the rest: compare signals in
    dBm from nl80211.
    """

    path: str
    bssid: str
    ssid: bytes
    frequency_mhz: int
    strength_percent: int
    max_mbit: float
    bandwidth_mhz: int | None
    last_seen_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One network device. The Wi-Fi part is None for others; times are of CLOCK_BOOTTIME."""

    path: str
    ifname: str
    kind: int
    state: int
    driver: str
    metered: bool | None
    portal: bool
    profile_uuid: str | None
    bitrate_mbit: float | None
    active_ap: str | None
    last_scan_ms: int | None

    @property
    def managed(self) -> bool:
        return self.state > UNMANAGED

    @property
    def activated(self) -> bool:
        return self.state == ACTIVATED


class NetworkManager:
    """A mirror of NetworkManager and the calls the governor makes.

    `follow` keeps it current; without it, `load` reads everything once.
    """

    def __init__(self, bus: Bus) -> None:
        self._service = Service(bus, NM)
        self._mirror = ObjectMirror(self._service, "/org/freedesktop")

    @classmethod
    async def open(cls, bus: Bus) -> Self:
        """Raises UnsupportedError where NetworkManager does not run."""
        manager = cls(bus)
        await manager.load()
        return manager

    async def load(self) -> None:
        await self._mirror.load()

    def follow(self) -> AsyncIterator[ObjectChange | OwnerChanged]:
        """Every change of NetworkManager's objects; the facts below are current at each."""
        return self._mirror.follow()

    @property
    def running(self) -> bool:
        return bool(self._mirror.get(_PATH, NM))

    @property
    def version(self) -> str | None:
        found = self._mirror.get(_PATH, NM).get("Version")
        return None if found is None else str(found)

    def devices(self) -> list[Device]:
        """All devices with a network interface, by name."""
        found = [
            self._device(path, interfaces)
            for path, interfaces in self._mirror.objects.items()
            if _DEVICE in interfaces
        ]
        return sorted((d for d in found if d.ifname), key=lambda device: device.ifname)

    def device(self, ifname: str) -> Device | None:
        return next((device for device in self.devices() if device.ifname == ifname), None)

    def access_points(self, device: Device) -> list[AccessPoint]:
        """The APs a device knows of, strongest first."""
        paths = self._mirror.get(device.path, _WIRELESS).get("AccessPoints", [])
        found = [ap for path in paths if (ap := self.access_point(path)) is not None]
        return sorted(found, key=lambda ap: -ap.strength_percent)

    def access_point(self, path: str | None) -> AccessPoint | None:
        got = self._mirror.get(path or "/", _ACCESS_POINT)
        if not got:
            return None
        last_seen = got.get("LastSeen", -1)
        return AccessPoint(
            path=path or "/",
            bssid=str(got.get("HwAddress", "")).lower(),
            ssid=bytes(got.get("Ssid", b"")),
            frequency_mhz=got.get("Frequency", 0),
            strength_percent=got.get("Strength", 0),
            max_mbit=got.get("MaxBitrate", 0) / 1000,
            bandwidth_mhz=got.get("Bandwidth") or None,
            last_seen_s=None if last_seen < 0 else last_seen,
        )

    async def request_scan(self, device: Device) -> None:
        """Ask for a scan; the result comes as a change of `LastScan`, after 4 to 13 s.

        Raises a transient DriverError where NetworkManager would refuse: 8 s after the last one.
        """
        now_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        if device.last_scan_ms is not None and device.activated:
            since_s = (now_ms - device.last_scan_ms) / 1000
            if since_s < _SCAN_EVERY_S:
                raise DriverError(f"scanned {since_s:.1f} s ago; too soon", transient=True)
        await self._service.call(device.path, f"{_WIRELESS}.RequestScan", "a{sv}", [{}])

    async def activate(self, device: Device, profile: str, ap: str = "/") -> None:
        """Connect by a profile (object path). Which AP is joined, the supplicant decides."""
        await self._service.call(
            _PATH, f"{NM}.ActivateConnection", "ooo", [profile, device.path, ap]
        )

    async def profile(self, uuid: str) -> str:
        """The object path of a profile. Raises DriverError for an unknown one."""
        (path,) = await self._service.call(
            f"{_PATH}/Settings", f"{NM}.Settings.GetConnectionByUuid", "s", [uuid]
        )
        return str(path)

    async def settings(self, profile: str) -> dict[str, dict[str, Any]]:
        """A profile's settings with their D-Bus types, as they may be sent back; no secrets."""
        (found,) = await self._service.bus.call_typed(NM, profile, f"{_CONNECTION}.GetSettings")
        return dict(found)

    async def update(self, profile: str, settings: dict[str, dict[str, Any]]) -> None:
        """Change a profile in memory (Update2, flag 2); secrets not named are kept."""
        await self._service.call(
            profile, f"{_CONNECTION}.Update2", "a{sa{sv}}ua{sv}", [settings, 2, {}]
        )

    @asynccontextmanager
    async def checkpoint(self, devices: Sequence[Device], timeout_s: int) -> AsyncIterator[None]:
        """Have NetworkManager undo everything by itself unless the block ends well in time."""
        (path,) = await self._service.call(
            _PATH, f"{NM}.CheckpointCreate", "aouu", [[d.path for d in devices], timeout_s, 0]
        )
        try:
            yield
        except BaseException:
            await self._service.call(_PATH, f"{NM}.CheckpointRollback", "o", [path])
            raise
        await self._service.call(_PATH, f"{NM}.CheckpointDestroy", "o", [path])

    def _device(self, path: str, interfaces: dict[str, dict[str, Any]]) -> Device:
        got, wireless = interfaces[_DEVICE], interfaces.get(_WIRELESS, {})
        active = self._mirror.get(got.get("ActiveConnection", "/"), _ACTIVE)
        last_scan = wireless.get("LastScan", -1)
        return Device(
            path=path,
            ifname=str(got.get("Interface", "")),
            kind=got.get("DeviceType", 0),
            state=got.get("State", 0),
            driver=str(got.get("Driver", "")),
            metered=_METERED.get(got.get("Metered", 0)),
            portal=_PORTAL in {got.get("Ip4Connectivity"), got.get("Ip6Connectivity")},
            profile_uuid=active.get("Uuid"),
            bitrate_mbit=wireless["Bitrate"] / 1000 if wireless.get("Bitrate") else None,
            active_ap=_path(wireless.get("ActiveAccessPoint")),
            last_scan_ms=None if last_scan < 0 else last_scan,
        )


def _path(told: str | None) -> str | None:
    """D-Bus says `/` for none."""
    return None if told in {None, "/"} else told
