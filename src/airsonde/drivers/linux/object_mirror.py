"""A copy of a D-Bus service's objects that follows its signals and survives its restarts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from airsonde.core.errors import UnsupportedError
from airsonde.drivers.linux.message_bus import OwnerChanged, Service, Signal

_MANAGER = "org.freedesktop.DBus.ObjectManager"
_MOST_OBJECTS = 10_000

Interfaces = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChange:
    """`names` of an object's interface changed; all of it came or went where they are empty."""

    path: str
    interface: str
    names: frozenset[str] = frozenset()
    gone: bool = False


@dataclass(slots=True)
class ObjectMirror:
    """`objects` by path, then interface, then property. Empty while the service is away."""

    service: Service
    root: str
    objects: dict[str, Interfaces] = field(default_factory=dict)

    def get(self, path: str, interface: str) -> dict[str, Any]:
        """An interface's properties; empty where there is no such object."""
        return self.objects.get(path, {}).get(interface, {})

    async def load(self) -> None:
        """Read everything. Raises UnsupportedError where the service is away."""
        (found,) = await self.service.call(self.root, f"{_MANAGER}.GetManagedObjects")
        self.objects = dict(found)

    async def follow(self) -> AsyncIterator[ObjectChange | OwnerChanged]:
        """Every change, having applied it; at a start of the service everything is read anew.

        Raises a transient DriverError when the bus goes away.
        """
        async for item in self.service.follow():
            if isinstance(item, OwnerChanged):
                self.objects = {}
                if item.owner is not None:
                    await self._reload()
                yield item
            else:
                for change in self._apply(item):
                    yield change

    async def _reload(self) -> None:
        try:
            await self.load()
        except UnsupportedError:  # it went away again; the next owner will be read
            self.objects = {}

    def _apply(self, signal: Signal) -> list[ObjectChange]:
        match signal.interface, signal.member, signal.body:
            case "org.freedesktop.DBus.Properties", "PropertiesChanged", (interface, fresh, stale):
                return self._changed(signal.path, interface, fresh, stale)
            case "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", (path, interfaces):
                return self._added(path, interfaces)
            case "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", (path, names):
                return self._removed(path, names)
            case _:
                return []

    def _changed(
        self, path: str, interface: str, fresh: dict[str, Any], stale: list[str]
    ) -> list[ObjectChange]:
        stands = self.objects.get(path, {}).get(interface)
        if stands is None:
            return []
        stands.update(fresh)
        for name in stale:
            stands.pop(name, None)
        return [ObjectChange(path=path, interface=interface, names=frozenset({*fresh, *stale}))]

    def _added(self, path: str, interfaces: Interfaces) -> list[ObjectChange]:
        if len(self.objects) < _MOST_OBJECTS:
            self.objects.setdefault(path, {}).update(interfaces)
        return [ObjectChange(path=path, interface=name) for name in interfaces]

    def _removed(self, path: str, names: list[str]) -> list[ObjectChange]:
        stands = self.objects.get(path, {})
        for name in names:
            stands.pop(name, None)
        if not stands:
            self.objects.pop(path, None)
        return [ObjectChange(path=path, interface=name, gone=True) for name in names]
