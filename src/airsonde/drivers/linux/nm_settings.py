"""Single settings of NetworkManager's profiles, changed in memory and put back by the journal."""

from typing import Any

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.journal import Value
from airsonde.drivers.linux.networkmanager import NetworkManager

# The settings that may be turned, and their D-Bus types.
_TYPES = {
    "ipv6.method": "s",
    "802-11-wireless.assigned-mac-address": "s",
    "802-11-wireless.bssid": "ay",
    "802-11-wireless.powersave": "u",
}


class ProfileSetting:
    """The journal's knob for one setting; a target is `<uuid>/ipv6.method`.

    None takes a setting out. Bytes stand as `02:00:…`. They act when the profile is activated.
    """

    kind = "nm_setting"
    volatile = True  # in memory; NetworkManager forgets it when it ends

    def __init__(self, manager: NetworkManager) -> None:
        self._manager = manager

    async def read(self, target: str) -> Value:
        profile, section, key = await self._place(target)
        held = (await self._manager.settings(profile)).get(section, {}).get(key)
        if held is None:
            return None
        return held.value.hex(":") if isinstance(held.value, bytes) else held.value

    async def write(self, target: str, value: Value) -> None:
        from dbus_fast import Variant

        profile, section, key = await self._place(target)
        settings = await self._manager.settings(profile)
        held = settings.setdefault(section, {})
        _without_twins(settings, key)
        if value is None:
            held.pop(key, None)
        else:
            held[key] = Variant(_TYPES[f"{section}.{key}"], _typed(f"{section}.{key}", value))
        await self._manager.update(profile, settings)

    async def _place(self, target: str) -> tuple[str, str, str]:
        uuid, _, name = target.partition("/")
        if name not in _TYPES:
            raise DriverError(f"{name!r} is no setting that airsonde turns")
        try:
            profile = await self._manager.profile(uuid)
        except DriverError as e:
            if e.transient:
                raise
            raise UnsupportedError(f"profile {uuid} is gone") from e
        section, _, key = name.rpartition(".")
        return profile, section, key


def _without_twins(settings: dict[str, dict[str, Any]], key: str) -> None:
    """Take out the old spelling of a setting, which NetworkManager sends along and prefers."""
    if key == "assigned-mac-address":
        settings.get("802-11-wireless", {}).pop("cloned-mac-address", None)


def _typed(name: str, value: Value) -> Any:
    try:
        match _TYPES[name]:
            case "ay":
                return bytes.fromhex(value.replace(":", ""))
            case "u":
                return int(value)
            case _:
                return str(value)
    except (AttributeError, TypeError, ValueError) as e:
        raise DriverError(f"{name} cannot be {value!r}") from e
