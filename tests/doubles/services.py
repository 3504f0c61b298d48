# ruff: noqa: N802 - members have the names D-Bus gives them
"""wpa_supplicant, iwd, GameMode and logind, as far as the drivers talk to them."""

from typing import Annotated

from dbus_fast import DBusError, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import (
    DBusBool,
    DBusBytes,
    DBusDict,
    DBusInt16,
    DBusInt32,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

WPA, IWD = "fi.w1.wpa_supplicant1", "net.connman.iwd"
GAMEMODE, LOGIN = "com.feralinteractive.GameMode", "org.freedesktop.login1"
READ = PropertyAccess.READ
Game = Annotated[tuple[int, str], DBusSignature("(io)")]


async def offered(address, name, *exports):
    """A connection that offers a service."""
    bus = await MessageBus(bus_address=address).connect()
    for path, interface in exports:
        bus.export(path, interface)
    await bus.request_name(name)
    return bus


class Supplicant(ServiceInterface):
    def __init__(self):
        super().__init__(WPA)

    @dbus_method()
    def GetInterface(self, ifname: DBusStr) -> DBusObjectPath:
        if ifname != "wlan0":
            raise DBusError(
                f"{WPA}.InterfaceUnknown", "wpa_supplicant knows nothing about this interface."
            )
        return "/fi/w1/wpa_supplicant1/Interfaces/0"


class SupplicantInterface(ServiceInterface):
    def __init__(self):
        super().__init__(f"{WPA}.Interface")
        self.roams = []
        self.connected = True
        self.bss = "/fi/w1/wpa_supplicant1/Interfaces/0/BSSs/1"

    @dbus_property(access=READ)
    def State(self) -> DBusStr:
        return "completed"

    @dbus_property(access=READ)
    def CurrentBSS(self) -> DBusObjectPath:
        return self.bss

    @dbus_property(access=READ)
    def CurrentNetwork(self) -> DBusObjectPath:
        return "/fi/w1/wpa_supplicant1/Interfaces/0/Networks/0"

    @dbus_property(access=READ)
    def DisconnectReason(self) -> DBusInt32:
        return -15

    @dbus_method()
    def Roam(self, bssid: DBusStr):
        if not self.connected:
            raise DBusError(f"{WPA}.NotConnected", "This interface is not connected")
        self.roams.append(bssid)


class SupplicantNetwork(ServiceInterface):
    def __init__(self, bssid):
        super().__init__(f"{WPA}.Network")
        self.settings = {"bssid": Variant("s", bssid)}

    @dbus_property()
    def Properties(self) -> DBusDict:
        return self.settings

    @Properties.setter
    def Properties(self, settings: DBusDict):
        self.settings |= settings


class SupplicantBss(ServiceInterface):
    def __init__(self):
        super().__init__(f"{WPA}.BSS")

    @dbus_property(access=READ)
    def BSSID(self) -> DBusBytes:
        return bytes.fromhex("0200000001aa")

    @dbus_property(access=READ)
    def Signal(self) -> DBusInt16:
        return -61


class IwdDevice(ServiceInterface):
    def __init__(self):
        super().__init__(f"{IWD}.Device")

    @dbus_property(access=READ)
    def Name(self) -> DBusStr:
        return "wlan0"


class IwdDiagnostic(ServiceInterface):
    def __init__(self):
        super().__init__(f"{IWD}.StationDiagnostic")

    @dbus_method()
    def GetDiagnostics(self) -> DBusDict:
        return {
            "ConnectedBss": Variant("s", "02:00:00:00:01:aa"),
            "Frequency": Variant("u", 5180),
            "RSSI": Variant("n", -55),
            "TxBitrate": Variant("u", 4333),
        }


class GameMode(ServiceInterface):
    def __init__(self):
        super().__init__(GAMEMODE)
        self.games = {}

    @dbus_method()
    def ListGames(self) -> Annotated[list[tuple[int, str]], DBusSignature("a(io)")]:
        return [[pid, path] for pid, path in self.games.items()]

    @dbus_signal()
    def GameRegistered(self, pid, path) -> Annotated[tuple[int, str], DBusSignature("io")]:
        return [pid, path]

    def register(self, pid):
        self.games[pid] = f"/com/feralinteractive/GameMode/Games/{pid}"
        self.GameRegistered(pid, self.games[pid])


class FalseGameMode(ServiceInterface):
    """What any program of a user may say in GameMode's name."""

    def __init__(self, answer):
        super().__init__(GAMEMODE)
        self.answer = answer

    @dbus_method()
    def ListGames(self) -> Annotated[list[Variant], DBusSignature("av")]:
        return self.answer


class Login(ServiceInterface):
    def __init__(self):
        super().__init__(f"{LOGIN}.Manager")

    @dbus_signal()
    def PrepareForSleep(self, start) -> DBusBool:
        return start


def supplicant():
    interface = SupplicantInterface()
    place = "/fi/w1/wpa_supplicant1/Interfaces/0"
    exports = [
        ("/fi/w1/wpa_supplicant1", Supplicant()),
        (place, interface),
        (f"{place}/BSSs/1", SupplicantBss()),
    ]
    return interface, exports


def iwd():
    return [("/net/connman/iwd/0/3", IwdDevice()), ("/net/connman/iwd/0/3", IwdDiagnostic())]
