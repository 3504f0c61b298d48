# ruff: noqa: N802 - members have the names D-Bus gives them
"""NetworkManager with one Wi-Fi device, several access points and one profile."""

import copy
import time
from typing import Annotated

from dbus_fast import DBusError, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import (
    DBusByte,
    DBusBytes,
    DBusDict,
    DBusInt32,
    DBusInt64,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
    DBusUInt32,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

NM = "org.freedesktop.NetworkManager"
ROOT = "/org/freedesktop/NetworkManager"
DEVICE = f"{ROOT}/Devices/3"
ACTIVE = f"{ROOT}/ActiveConnection/1"
PROFILE = f"{ROOT}/Settings/7"
UUID = "6f1d6a1e-0000-4000-8000-00000000000a"

Paths = Annotated[list[str], DBusSignature("ao")]
Settings = Annotated[dict[str, dict[str, Variant]], DBusSignature("a{sa{sv}}")]
READ = PropertyAccess.READ


def ap_path(number):
    return f"{ROOT}/AccessPoint/{number}"


class Manager(ServiceInterface):
    def __init__(self, double):
        super().__init__(NM)
        self.double = double

    @dbus_property(access=READ)
    def Version(self) -> DBusStr:
        return "1.52.1"

    @dbus_method()
    def ActivateConnection(
        self, profile: DBusObjectPath, device: DBusObjectPath, ap: DBusObjectPath
    ) -> DBusObjectPath:
        self.double.calls.append(("activate", profile, device, ap))
        return ACTIVE

    @dbus_method()
    def CheckpointCreate(
        self, devices: Paths, timeout_s: DBusUInt32, flags: DBusUInt32
    ) -> DBusObjectPath:
        self.double.calls.append(("checkpoint", tuple(devices), timeout_s))
        self.double.before = copy.deepcopy(self.double.profile.settings)
        return f"{ROOT}/Checkpoint/1"

    @dbus_method()
    def CheckpointDestroy(self, checkpoint: DBusObjectPath):
        self.double.calls.append(("keep", checkpoint))

    @dbus_method()
    def CheckpointRollback(
        self, checkpoint: DBusObjectPath
    ) -> Annotated[dict[str, int], DBusSignature("a{su}")]:
        self.double.calls.append(("rollback", checkpoint))
        self.double.profile.settings = self.double.before
        return {}


class Profiles(ServiceInterface):
    def __init__(self):
        super().__init__(f"{NM}.Settings")

    @dbus_method()
    def GetConnectionByUuid(self, uuid: DBusStr) -> DBusObjectPath:
        if uuid != UUID:
            raise DBusError(f"{NM}.Settings.InvalidConnection", "no connection with that UUID")
        return PROFILE


class Profile(ServiceInterface):
    def __init__(self, double):
        super().__init__(f"{NM}.Settings.Connection")
        self.double = double
        self.settings = {
            "connection": {"id": Variant("s", "home"), "uuid": Variant("s", UUID)},
            "802-11-wireless": {
                "ssid": Variant("ay", b"home"),
                "cloned-mac-address": Variant("ay", bytes(6)),
                "assigned-mac-address": Variant("s", "random"),
            },
            "ipv6": {"method": Variant("s", "auto")},
        }

    @dbus_method()
    def GetSettings(self) -> Settings:
        return self.settings

    @dbus_method()
    def Update2(self, settings: Settings, flags: DBusUInt32, args: DBusDict) -> DBusDict:
        self.double.calls.append(("update2", flags))
        self.settings = settings
        return {}


class Active(ServiceInterface):
    def __init__(self):
        super().__init__(f"{NM}.Connection.Active")

    @dbus_property(access=READ)
    def Uuid(self) -> DBusStr:
        return UUID


class Device(ServiceInterface):
    def __init__(self, ifname="wlan0", kind=2):
        super().__init__(f"{NM}.Device")
        self.ifname, self.kind, self.state = ifname, kind, 100

    @dbus_property(access=READ)
    def Interface(self) -> DBusStr:
        return self.ifname

    @dbus_property(access=READ)
    def DeviceType(self) -> DBusUInt32:
        return self.kind

    @dbus_property(access=READ)
    def State(self) -> DBusUInt32:
        return self.state

    @dbus_property(access=READ)
    def Driver(self) -> DBusStr:
        return "mac80211_hwsim"

    @dbus_property(access=READ)
    def Metered(self) -> DBusUInt32:
        return 4

    @dbus_property(access=READ)
    def Ip4Connectivity(self) -> DBusUInt32:
        return 4

    @dbus_property(access=READ)
    def ActiveConnection(self) -> DBusObjectPath:
        return ACTIVE if self.kind == 2 else "/"


class Wireless(ServiceInterface):
    def __init__(self, double):
        super().__init__(f"{NM}.Device.Wireless")
        self.double = double
        self.bitrate, self.active, self.aps, self.last_scan = 866700, 0, [0, 1, 2], -1

    @dbus_property(access=READ)
    def Bitrate(self) -> DBusUInt32:
        return self.bitrate

    @dbus_property(access=READ)
    def ActiveAccessPoint(self) -> DBusObjectPath:
        return ap_path(self.active)

    @dbus_property(access=READ)
    def AccessPoints(self) -> Paths:
        return [ap_path(number) for number in self.aps]

    @dbus_property(access=READ)
    def LastScan(self) -> DBusInt64:
        return self.last_scan

    @dbus_method()
    def RequestScan(self, options: DBusDict):
        if self.double.refuses_scans:
            raise DBusError(
                f"{NM}.Device.NotAllowed",
                "Scanning not allowed immediately following previous scan",
            )
        self.double.calls.append(("scan",))
        self.last_scan = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        self.emit_properties_changed({"LastScan": self.last_scan})


class Ap(ServiceInterface):
    def __init__(self, number):
        super().__init__(f"{NM}.AccessPoint")
        self.number = number

    @dbus_property(access=READ)
    def Ssid(self) -> DBusBytes:
        return b"home"

    @dbus_property(access=READ)
    def HwAddress(self) -> DBusStr:
        return f"02:00:00:00:0{self.number}:AA"

    @dbus_property(access=READ)
    def Frequency(self) -> DBusUInt32:
        return (2437, 5180, 5975)[self.number % 3]

    @dbus_property(access=READ)
    def Strength(self) -> DBusByte:
        return 60 + self.number

    @dbus_property(access=READ)
    def MaxBitrate(self) -> DBusUInt32:
        return 540000

    @dbus_property(access=READ)
    def LastSeen(self) -> DBusInt32:
        return -1 if self.number == 2 else 5


class NetworkManagerDouble:
    """All of it, on one connection. `calls` is what it was asked to do."""

    def __init__(self, bus):
        self.bus = bus
        self.calls = []
        self.refuses_scans = False
        self.wireless = Wireless(self)
        self.device = Device()
        self.profile = Profile(self)

    @classmethod
    async def start(cls, address, aps=3):
        double = cls(await MessageBus(bus_address=address).connect())
        double.wireless.aps = list(range(aps))
        exports = [(ROOT, Manager(double)), (f"{ROOT}/Settings", Profiles()), (PROFILE, double.profile),
                   (ACTIVE, Active()), (DEVICE, double.device), (DEVICE, double.wireless)]  # fmt: skip
        for path, interface in [*exports, *[(ap_path(n), Ap(n)) for n in range(aps)]]:
            double.bus.export(path, interface)
        await double.bus.request_name(NM)
        return double

    def plug_in(self, ifname):
        self.bus.export(f"{ROOT}/Devices/9", Device(ifname, kind=1))

    def rename(self, ifname):
        self.device.ifname = ifname
        self.device.emit_properties_changed({"Interface": ifname})

    def unplug(self):
        self.bus.unexport(f"{ROOT}/Devices/9")

    async def stop(self):
        self.bus.disconnect()
        await self.bus.wait_for_disconnect()
