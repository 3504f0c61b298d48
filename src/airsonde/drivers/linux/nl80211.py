"""Wi-Fi interfaces by nl80211: links, channels, power save, and news of scans and associations."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux import nl80211_decode as decode
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Value
from airsonde.drivers.linux.rtnl import (
    NLM_F_ACK,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    kernel_refusal,
    news,
)
from airsonde.drivers.linux.wifi_facts import HeardBss, Station, Survey, WifiInterface

_GET_INTERFACE, _GET_STATION, _GET_SCAN, _GET_SURVEY = 5, 17, 32, 50
_SET_POWER_SAVE, _GET_POWER_SAVE = 61, 62
_GET_REGULATORY = 31


class Happening(Enum):
    SCANNED = "scanned"
    SCAN_ABORTED = "scan aborted"
    CONNECTED = "connected"
    ROAMED = "roamed"
    DISCONNECTED = "disconnected"
    LINK_QUALITY = "link quality"
    CHANNEL_SWITCHED = "channel switched"


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiChange:
    happening: Happening
    index: int


# linux/nl80211.h, enum nl80211_commands
_HAPPENINGS = {
    34: Happening.SCANNED,
    35: Happening.SCAN_ABORTED,
    46: Happening.CONNECTED,
    47: Happening.ROAMED,
    48: Happening.DISCONNECTED,
    64: Happening.LINK_QUALITY,
    88: Happening.CHANNEL_SWITCHED,
}


class Nl80211:
    """One open socket for questions, one at a time."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._free = asyncio.Lock()

    @classmethod
    async def open(cls) -> Self:
        """Raises UnsupportedError where the kernel has no Wi-Fi (cfg80211)."""
        return cls(await _opened())

    async def interfaces(self) -> list[WifiInterface]:
        answers = await self._dump(_GET_INTERFACE, [])
        found = [decode.interface(answer) for answer in answers]
        return [interface for interface in found if interface is not None]

    async def stations(self, interface: Interface) -> list[Station]:
        """The peers of an interface; for a station that is its access point, or nothing."""
        answers = await self._dump(_GET_STATION, _of(interface))
        return [decode.station(answer) for answer in answers]

    async def surveys(self, interface: Interface) -> list[Survey]:
        """Channels the driver has statistics of; many drivers tell only of the one in use."""
        answers = await self._dump(_GET_SURVEY, _of(interface))
        found = [decode.survey(answer) for answer in answers]
        return [survey for survey in found if survey is not None]

    async def heard(self, interface: Interface) -> list[HeardBss]:
        """The kernel's list of BSSs, in dBm; scanning is left to who manages the network."""
        answers = await self._dump(_GET_SCAN, _of(interface))
        found = [decode.heard_bss(answer) for answer in answers]
        return [bss for bss in found if bss is not None]

    async def power_save(self, interface: Interface) -> bool:
        """Raises UnsupportedError where the driver has none."""
        answers = await self._ask(_GET_POWER_SAVE, _of(interface), NLM_F_ACK)
        for answer in answers:
            state = decode.raw(answer, "NL80211_ATTR_PS_STATE")
            if state is not None:
                return any(state)
        raise UnsupportedError(f"{interface.name} does not tell its power save state")

    async def set_power_save(self, interface: Interface, *, enabled: bool) -> None:
        state = ["NL80211_ATTR_PS_STATE", int(enabled).to_bytes(4, "little")]
        await self._ask(_SET_POWER_SAVE, [*_of(interface), state], NLM_F_ACK)

    async def regulatory_domain(self) -> str:
        """The country whose rules hold, by two letters; `00` where none was set."""
        for answer in await self._ask(_GET_REGULATORY, [], NLM_F_ACK):
            country = answer.get_attr("NL80211_ATTR_REG_ALPHA2")
            if country:
                return str(country)
        raise UnsupportedError("the kernel does not tell the regulatory domain")

    async def aclose(self) -> None:
        self._socket.close()

    async def _dump(self, command: int, attributes: list[list[Any]]) -> list[Any]:
        return await self._ask(command, attributes, NLM_F_DUMP)

    async def _ask(self, command: int, attributes: list[list[Any]], flags: int) -> list[Any]:
        from pyroute2.netlink.exceptions import NetlinkError
        from pyroute2.netlink.nl80211 import nl80211cmd

        message = nl80211cmd()
        message["cmd"] = command
        message["attrs"] = attributes
        try:
            async with self._free:
                answers = await self._socket.nlm_request(
                    message, msg_type=self._socket.prid, msg_flags=NLM_F_REQUEST | flags
                )
                return [answer async for answer in answers]
        except NetlinkError as e:
            raise kernel_refusal(e.code) from e
        except OSError as e:
            raise DriverError(f"nl80211: {e.strerror or e}", transient=True) from e


class PowerSave:
    """The journal's knob for Wi-Fi power save; a target is `3:wlan0`, a value True or False."""

    kind = "power_save"
    volatile = True

    def __init__(self, nl80211: Nl80211) -> None:
        self._nl80211 = nl80211

    async def read(self, target: str) -> Value:
        return await self._nl80211.power_save(Interface.of_target(target))

    async def write(self, target: str, value: Value) -> None:
        await self._nl80211.set_power_save(Interface.of_target(target), enabled=bool(value))


async def wifi_changes() -> AsyncIterator[WifiChange]:
    """Scans, associations and link quality from now on. Raises UnsupportedError without Wi-Fi.

    News lost because nobody read for long ends it with a transient error: look at everything anew.
    """
    socket = await _opened()
    try:
        for group in ("scan", "mlme"):
            socket.add_membership(group)
        async for message in news(socket):
            happening = _HAPPENINGS.get(message["cmd"])
            index = message.get_attr("NL80211_ATTR_IFINDEX")
            if happening is not None and index is not None:
                yield WifiChange(happening=happening, index=index)
    finally:
        socket.close()


async def _opened() -> Any:
    from pyroute2.netlink.exceptions import NetlinkError
    from pyroute2.netlink.nl80211 import AsyncNL80211

    socket = AsyncNL80211()
    socket.module_err_level = "debug"  # a kernel without Wi-Fi is a capability, not an alarm
    try:
        await socket.bind()
    except (NetlinkError, OSError) as e:
        socket.close()
        raise UnsupportedError("this kernel has no Wi-Fi (module cfg80211)") from e
    return socket


def _of(interface: Interface) -> list[list[Any]]:
    return [["NL80211_ATTR_IFINDEX", interface.index]]
