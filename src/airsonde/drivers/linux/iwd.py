"""iwd: whether it manages an interface, what it says of the link, and its own roaming settings."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from airsonde.core.errors import UnsupportedError
from airsonde.drivers.linux.ini_edit import Settings, edited
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.knobs import WholeFile, file_content, file_value
from airsonde.drivers.linux.message_bus import Bus, Service
from airsonde.drivers.linux.supplicant import Supplicant

IWD = "net.connman.iwd"
MAIN_CONF = Path("/etc/iwd/main.conf")
_DIAGNOSTIC = f"{IWD}.StationDiagnostic"


class Backend(Enum):
    """Who holds the association of an interface."""

    SUPPLICANT = "wpa_supplicant"
    IWD = "iwd"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class IwdLink:
    """What iwd tells of a connected interface; rates in Mbit/s."""

    bssid: str | None
    frequency_mhz: int | None
    signal_dbm: int | None
    tx_mbit: float | None
    rx_mbit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IwdPlan:
    """Settings of iwd's main.conf (iwd.config(5)), read when it starts; None is left as it stands.

    `disable_periodic_scan` only stops scans while disconnected, so that a station does not come
    back by itself after sleep.
    """

    disable_roaming_scan: bool | None = None
    disable_periodic_scan: bool | None = None
    roam_threshold_dbm: int | None = None
    roam_threshold_5ghz_dbm: int | None = None
    band_modifier_2ghz: float | None = None
    band_modifier_5ghz: float | None = None
    band_modifier_6ghz: float | None = None

    def settings(self) -> Settings:
        wanted: dict[tuple[str, str], Any] = {
            ("Scan", "DisableRoamingScan"): self.disable_roaming_scan,
            ("Scan", "DisablePeriodicScan"): self.disable_periodic_scan,
            ("General", "RoamThreshold"): self.roam_threshold_dbm,
            ("General", "RoamThreshold5G"): self.roam_threshold_5ghz_dbm,
            ("Rank", "BandModifier2_4GHz"): self.band_modifier_2ghz,
            ("Rank", "BandModifier5GHz"): self.band_modifier_5ghz,
            ("Rank", "BandModifier6GHz"): self.band_modifier_6ghz,
        }
        return {name: _word(value) for name, value in wanted.items() if value is not None}


class Iwd:
    """iwd over D-Bus; objects are looked up anew, so restarts do not matter."""

    def __init__(self, bus: Bus) -> None:
        self._service = Service(bus, IWD)

    async def manages(self, ifname: str) -> bool:
        return await self._place(ifname) is not None

    async def link(self, ifname: str) -> IwdLink:
        """Raises UnsupportedError where iwd is away or not connected there."""
        path = await self._place(ifname)
        if path is None:
            raise UnsupportedError(f"iwd does not manage {ifname}")
        (got,) = await self._service.call(path, f"{_DIAGNOSTIC}.GetDiagnostics")
        return IwdLink(
            bssid=got.get("ConnectedBss"),
            frequency_mhz=got.get("Frequency"),
            signal_dbm=got.get("RSSI"),
            tx_mbit=_mbit(got.get("TxBitrate")),
            rx_mbit=_mbit(got.get("RxBitrate")),
        )

    async def _place(self, ifname: str) -> str | None:
        try:
            (objects,) = await self._service.call(
                "/", "org.freedesktop.DBus.ObjectManager.GetManagedObjects"
            )
        except UnsupportedError:
            return None
        for path, interfaces in objects.items():
            if interfaces.get(f"{IWD}.Device", {}).get("Name") == ifname:
                return str(path)
        return None


async def backend(bus: Bus, ifname: str) -> Backend:
    """Who holds the association of an interface now. Neither is started by asking."""
    if await bus.owner(IWD) is not None and await Iwd(bus).manages(ifname):
        return Backend.IWD
    if await bus.owner("fi.w1.wpa_supplicant1") is not None:
        try:
            await Supplicant(bus).state(ifname)
        except UnsupportedError:
            return Backend.NONE
        return Backend.SUPPLICANT
    return Backend.NONE


async def put_plan(journal: Journal, plan: IwdPlan, path: Path = MAIN_CONF) -> bool:
    """Write iwd's settings as `put_settings` does."""
    return await put_settings(journal, plan.settings(), path)


async def put_settings(journal: Journal, settings: Settings, path: Path = MAIN_CONF) -> bool:
    """Write settings of main.conf, keeping every other line; False where they stand so already.

    Raises DriverError where the folder is missing or read-only.
    """
    stands = await WholeFile().read(str(path))
    content, mode = (b"", 0o644) if stands is None else file_content(stands)
    fresh = file_value(edited(content, settings), mode)
    return await journal.turn(WholeFile(), str(path), fresh)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def _mbit(tenths: int | None) -> float | None:
    return None if tenths is None else tenths / 10
