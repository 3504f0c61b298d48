"""Offloads, adaptive interrupt coalescing and Energy-Efficient Ethernet of an interface.

All of it by the ethtool ioctl (linux/ethtool.h): it knows every feature by name on every kernel.
"""

import ctypes
import errno
import fcntl
import socket
import struct
from dataclasses import dataclass

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Value
from airsonde.drivers.linux.rtnl import kernel_refusal

TSO_FEATURES = (
    "tx-tcp-segmentation",
    "tx-tcp-ecn-segmentation",
    "tx-tcp-mangleid-segmentation",
    "tx-tcp6-segmentation",
)
GSO_FEATURE = "tx-generic-segmentation"
GRO_FEATURE = "rx-gro"

_SIOCETHTOOL = 0x8946
_GCOALESCE, _SCOALESCE = 0x0E, 0x0F
_GSTRINGS, _GSSET_INFO = 0x1B, 0x37
_GFEATURES, _SFEATURES = 0x3A, 0x3B
_GEEE, _SEEE = 0x44, 0x45

_SET_OF_FEATURES = 4  # ETH_SS_FEATURES
_NAME_BYTES = 32
_MOST_FEATURES = 1024
_COALESCE = struct.Struct("=23I")
_ADAPTIVE_RX = 10
_EEE = struct.Struct("=10I")
_EEE_SUPPORTED, _EEE_ADVERTISED, _EEE_ENABLED = 1, 2, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One offload; `changeable` is False where the driver fixes it."""

    active: bool
    changeable: bool


def features(interface: Interface) -> dict[str, Feature]:
    """Every offload by the name `ethtool --show-features` gives it. Raises DriverError."""
    names = _feature_names(interface)
    blocks = -(-len(names) // 32)
    answer = _asked(interface, struct.pack("=II", _GFEATURES, blocks) + bytes(16 * blocks))
    told = {}
    for position, name in enumerate(names):
        at = 8 + 16 * (position // 32)
        available, _, active, fixed = struct.unpack_from("=4I", answer, at)
        bit = 1 << position % 32
        changeable = bool(available & bit) and not fixed & bit
        if name:  # numbers without a name are reserved
            told[name] = Feature(active=bool(active & bit), changeable=changeable)
    return told


class Offload:
    """The journal's knob for one feature: a target is `3:eth0/rx-gro`, a value True or False."""

    kind = "offload"
    volatile = True

    async def read(self, target: str) -> Value:
        place, _, name = target.rpartition("/")
        return self._feature(Interface.of_target(place), name).active

    async def write(self, target: str, value: Value) -> None:
        place, _, name = target.rpartition("/")
        interface = Interface.of_target(place)
        if not self._feature(interface, name).changeable:
            raise UnsupportedError(f"{interface.name} does not let {name} be changed")
        names = _feature_names(interface)
        blocks = -(-len(names) // 32)
        words = [0] * (2 * blocks)
        position = names.index(name)
        words[2 * (position // 32)] = 1 << position % 32
        words[2 * (position // 32) + 1] = bool(value) << position % 32
        _asked(interface, struct.pack(f"=II{2 * blocks}I", _SFEATURES, blocks, *words))

    def _feature(self, interface: Interface, name: str) -> Feature:
        known = features(interface)
        if name not in known:
            raise UnsupportedError(f"this kernel has no offload {name}")
        return known[name]


class AdaptiveRx:
    """The journal's knob for interrupts that adapt to the rate received; a target is `3:eth0`."""

    kind = "adaptive_rx"
    volatile = True

    async def read(self, target: str) -> Value:
        fields = self._fields(Interface.of_target(target))
        return bool(fields[_ADAPTIVE_RX])

    async def write(self, target: str, value: Value) -> None:
        interface = Interface.of_target(target)
        fields = self._fields(interface)
        fields[0], fields[_ADAPTIVE_RX] = _SCOALESCE, int(bool(value))
        _asked(interface, _COALESCE.pack(*fields))

    def _fields(self, interface: Interface) -> list[int]:
        return list(_COALESCE.unpack(_asked(interface, _COALESCE.pack(_GCOALESCE, *[0] * 22))))


class EnergyEfficient:
    """The journal's knob for Energy-Efficient Ethernet (802.3 clause 78); a target is `3:eth0`."""

    kind = "eee"
    volatile = True

    async def read(self, target: str) -> Value:
        return bool(self._fields(Interface.of_target(target))[_EEE_ENABLED])

    async def write(self, target: str, value: Value) -> None:
        interface = Interface.of_target(target)
        fields = self._fields(interface)
        fields[0], fields[_EEE_ENABLED] = _SEEE, int(bool(value))
        if value and not fields[_EEE_ADVERTISED]:  # drivers clear it when EEE is turned off
            fields[_EEE_ADVERTISED] = fields[_EEE_SUPPORTED]
        _asked(interface, _EEE.pack(*fields))

    def _fields(self, interface: Interface) -> list[int]:
        fields = list(_EEE.unpack(_asked(interface, _EEE.pack(_GEEE, *[0] * 9))))
        if not fields[_EEE_SUPPORTED]:
            raise UnsupportedError(f"{interface.name} has no Energy-Efficient Ethernet")
        return fields


def _feature_names(interface: Interface) -> list[str]:
    asked = struct.pack("=IIQI", _GSSET_INFO, 0, 1 << _SET_OF_FEATURES, 0)
    count = struct.unpack_from("=I", _asked(interface, asked), 16)[0]
    if count > _MOST_FEATURES:
        raise DriverError(f"{interface.name} claims {count} offloads")
    room = struct.pack("=III", _GSTRINGS, _SET_OF_FEATURES, count) + bytes(_NAME_BYTES * count)
    names = _asked(interface, room)[12:]
    return [
        names[at : at + _NAME_BYTES].split(b"\0")[0].decode("ascii", "replace")
        for at in range(0, _NAME_BYTES * count, _NAME_BYTES)
    ]


def _asked(interface: Interface, request: bytes) -> bytes:
    """One ioctl; the kernel answers into the request's own room."""
    room = ctypes.create_string_buffer(request, len(request))
    ifreq = struct.pack("=16sQ16x", interface.name.encode(), ctypes.addressof(room))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            fcntl.ioctl(sock, _SIOCETHTOOL, ifreq)
        except OSError as e:
            raise kernel_refusal(e.errno or errno.EIO) from e
    return room.raw
