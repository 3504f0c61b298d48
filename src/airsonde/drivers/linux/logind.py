"""Sleep and wake-up, as systemd-logind announces them."""

from collections.abc import AsyncIterator
from enum import Enum

from airsonde.drivers.linux.message_bus import Bus, OwnerChanged, Service

LOGIN = "org.freedesktop.login1"


class Sleep(Enum):
    GOING = "going to sleep"
    AWAKE = "awake again"


async def sleeps(bus: Bus) -> AsyncIterator[Sleep]:
    """Every suspend and resume from now on; silent where logind does not run.

    Raises a transient DriverError when the bus goes away.
    """
    async for item in Service(bus, LOGIN).follow():
        if isinstance(item, OwnerChanged):
            continue
        match item.interface, item.member, item.body:
            case "org.freedesktop.login1.Manager", "PrepareForSleep", (bool(start),):
                yield Sleep.GOING if start else Sleep.AWAKE
