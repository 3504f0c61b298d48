"""Where the power comes from: mains, USB or a battery of this machine."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.atomic_file import read_small

_FED_BY = {"Mains", "USB", "Wireless", "USB_PD"}
_READ_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """`on_battery` None: nothing tells; a machine without battery and charger is on mains."""

    on_battery: bool | None


async def read_power(root: Path = Path("/sys/class/power_supply")) -> Power:
    """Look at every supply; firmware that hangs while it is read counts as unknown after 0.5 s."""
    try:
        async with asyncio.timeout(_READ_S):
            return await asyncio.to_thread(_look, root)
    except TimeoutError:
        return Power(on_battery=None)


def _look(root: Path) -> Power:
    try:
        supplies = sorted(root.iterdir())
    except OSError:
        return Power(on_battery=None)
    fed = []
    drained = []
    for supply in supplies:
        kind = _word(supply / "type")
        if _word(supply / "scope") == "Device":  # of a mouse, a keyboard, a pen
            continue
        if kind in _FED_BY:
            fed.append(_word(supply / "online"))
        elif kind == "Battery":
            drained.append(_word(supply / "status"))
    return Power(on_battery=_judged(fed, drained))


def _judged(fed: list[str | None], drained: list[str | None]) -> bool | None:
    if any(online not in {None, "0"} for online in fed):
        return False
    if any(status == "Discharging" for status in drained):
        return True
    if any(status in {"Charging", "Full", "Not charging"} for status in drained):
        return False
    return None if drained else False


def _word(path: Path) -> str | None:
    try:
        content = read_small(path, 4096)
    except DriverError:
        return None
    return None if content is None else content.decode("utf-8", "replace").strip()
