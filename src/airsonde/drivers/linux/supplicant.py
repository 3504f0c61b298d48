"""wpa_supplicant over D-Bus: the roam that works, and why a connection failed."""

from dataclasses import dataclass

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.message_bus import Bus, Service

WPA = "fi.w1.wpa_supplicant1"
_PATH = "/fi/w1/wpa_supplicant1"
_INTERFACE, _BSS = f"{WPA}.Interface", f"{WPA}.BSS"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplicantState:
    """`disconnect_reason` is IEEE 802.11 Table 9-49, negative where this station disconnected."""

    state: str
    bssid: str | None
    signal_dbm: int | None
    disconnect_reason: int
    auth_status: int
    assoc_status: int


class Supplicant:
    """The supplicant's interfaces; they are looked up anew, so that restarts do not matter."""

    def __init__(self, bus: Bus) -> None:
        self._service = Service(bus, WPA)

    async def state(self, ifname: str) -> SupplicantState:
        """Raises UnsupportedError where the supplicant does not run or does not know it."""
        got = await self._service.properties(await self._place(ifname), _INTERFACE)
        bssid, signal_dbm = await self._bss(got.get("CurrentBSS", "/"))
        return SupplicantState(
            state=str(got.get("State", "unknown")),
            bssid=bssid,
            signal_dbm=signal_dbm,
            disconnect_reason=got.get("DisconnectReason", 0),
            auth_status=got.get("AuthStatusCode", 0),
            assoc_status=got.get("AssocStatusCode", 0),
        )

    async def roam(self, ifname: str, bssid: str) -> None:
        """Move the association to another AP of the same network; NetworkManager follows.

        Returning says that it was tried: re-read where the association is. Raises
        UnsupportedError where the supplicant is too old, absent, or has no association to move.
        """
        try:
            await self._service.call(await self._place(ifname), f"{_INTERFACE}.Roam", "s", [bssid])
        except DriverError as e:
            if f"{WPA}.NotConnected" in e.reason:
                raise UnsupportedError(f"{ifname} is not connected") from e
            raise

    async def free(self, ifname: str) -> None:
        """Let the association move to every access point of its network, also if it was pinned.

        What NetworkManager handed over stands here until it activates the profile again. Raises
        UnsupportedError where the supplicant does not run or does not know the interface.
        """
        from dbus_fast import Variant

        got = await self._service.properties(await self._place(ifname), _INTERFACE)
        network = got.get("CurrentNetwork", "/")
        if network != "/":
            anywhere = Variant("a{sv}", {"bssid": Variant("s", "any")})
            words = [f"{WPA}.Network", "Properties", anywhere]
            await self._service.call(network, "org.freedesktop.DBus.Properties.Set", "ssv", words)

    async def _place(self, ifname: str) -> str:
        try:
            (path,) = await self._service.call(_PATH, f"{WPA}.GetInterface", "s", [ifname])
        except UnsupportedError:
            raise UnsupportedError("wpa_supplicant does not run") from None
        except DriverError as e:
            if e.transient:
                raise
            raise UnsupportedError(f"wpa_supplicant does not manage {ifname}") from e
        return str(path)

    async def _bss(self, path: str) -> tuple[str | None, int | None]:
        if path == "/":
            return None, None
        try:
            got = await self._service.properties(path, _BSS)
        except UnsupportedError:  # it left the list meanwhile
            return None, None
        return bytes(got.get("BSSID", b"")).hex(":") or None, got.get("Signal")
