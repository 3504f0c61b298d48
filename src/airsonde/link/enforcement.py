"""What may be enforced on a NetworkManager profile, where its owner asked for it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforcementConfig:
    """Opt-in, by connection UUID: IPv6 off, the permanent MAC address."""

    no_ipv6: frozenset[str] = frozenset()
    permanent_mac: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcement:
    """Settings to change in memory (section, key, value), and what to tell the owner."""

    settings: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...]

    @property
    def needs_activation(self) -> bool:
        """None of these can be reapplied to an active Wi-Fi connection: it drops once."""
        return bool(self.settings)


def enforcement(
    connection: str, settings: Mapping[str, Mapping[str, object]], config: EnforcementConfig
) -> Enforcement:
    """What has to change of a profile's settings (as `GetSettings` gives them)."""
    wanted: dict[str, dict[str, str]] = {}
    notes: list[str] = []
    if connection in config.no_ipv6:
        wanted["ipv6"] = {"method": "disabled"}
        notes.append("IPv6 is off: networks that have only IPv6 will not work")
    if connection in config.permanent_mac:
        wanted["802-11-wireless"] = {"assigned-mac-address": "permanent"}
        notes.append("the permanent MAC address is shown to every network of this profile")
    changes = {
        section: changed
        for section, keys in wanted.items()
        if (changed := {k: v for k, v in keys.items() if settings.get(section, {}).get(k) != v})
    }
    return Enforcement(settings=changes, notes=tuple(notes) if wanted else ())
