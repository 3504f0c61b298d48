"""Third-party parts from entry points: named without being imported, loaded when asked for."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from airsonde.core.errors import PluginError

GROUPS = ("airsonde.formats", "airsonde.stores")


@cache
def _known(group: str) -> dict[str, EntryPoint]:
    if group not in GROUPS:
        raise PluginError(f"no plugin group {group!r}; there are {', '.join(GROUPS)}")
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise PluginError(
                f"{group}: {point.name!r} is claimed by {other.value} and {point.value}; "
                "uninstall one of them"
            )
    return found


def names(group: str) -> list[str]:
    """List what is installed, importing none of it."""
    return sorted(_known(group))


def load(group: str, name: str) -> Any:
    """Import one plugin. Raises PluginError when it is not installed or fails to load."""
    try:
        point = _known(group)[name]
    except KeyError:
        installed = ", ".join(names(group)) or "none"
        raise PluginError(f"{group} has no {name!r}; installed: {installed}") from None
    try:
        return point.load()
    except Exception as e:
        raise PluginError(f"{group}: {name!r} ({point.value}) failed to load: {e}") from e
