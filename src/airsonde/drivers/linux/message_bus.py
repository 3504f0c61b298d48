"""A D-Bus connection: calls with typed refusals, and the signals of one service."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from airsonde.core.errors import DriverError, UnsupportedError

CALL_S = 10.0
_BUS, _BUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ABSENT = {
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.UnknownMethod",
    "org.freedesktop.DBus.Error.UnknownInterface",
    "org.freedesktop.DBus.Error.UnknownProperty",
    "org.freedesktop.DBus.Error.UnknownObject",
    "org.freedesktop.DBus.Error.Spawn.ServiceNotFound",
}
_MOST_WAITING = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    path: str
    interface: str
    member: str
    body: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanged:
    """The service started (its unique name), was restarted, or stopped (None)."""

    owner: str | None


def load_library() -> None:
    """Read it now, for threads that may not later."""
    import dbus_fast.aio  # noqa: F401


class Bus:
    """One connection; several services may be asked over it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.gone = asyncio.ensure_future(_end_of(connection))

    @classmethod
    async def system(cls) -> Self:
        """Raises DriverError where there is no system bus."""
        from dbus_fast import BusType

        return await cls._connected(bus_type=BusType.SYSTEM)

    @classmethod
    async def at(cls, address: str) -> Self:
        """Raises DriverError where nobody listens there."""
        return await cls._connected(bus_address=address)

    async def call(
        self,
        destination: str,
        path: str,
        method: str,
        signature: str = "",
        body: Sequence[Any] = (),
    ) -> list[Any]:
        """Call `interface.Member`; what it answers, without D-Bus types.

        Raises UnsupportedError where service, object or method is absent, DriverError otherwise.
        """
        from dbus_fast import unpack_variants

        answer = await self.call_typed(destination, path, method, signature, body)
        plain: list[Any] = unpack_variants(answer)
        return plain

    async def call_typed(
        self,
        destination: str,
        path: str,
        method: str,
        signature: str = "",
        body: Sequence[Any] = (),
    ) -> list[Any]:
        """The same, with variants as they came, so that they may be sent back."""
        from dbus_fast import Message, MessageType

        interface, _, member = method.rpartition(".")
        message = Message(
            destination=destination,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
        )
        reply = await self._answered(message, method)
        if reply.message_type is MessageType.ERROR:
            raise _refusal(reply.error_name, reply.body)
        answer: list[Any] = reply.body
        return answer

    async def owner(self, name: str) -> str | None:
        """Who offers a service now."""
        with suppress(UnsupportedError):
            (owner,) = await self.call(_BUS, _BUS_PATH, f"{_BUS}.GetNameOwner", "s", [name])
            return str(owner)
        return None

    async def watch(self, rule: str) -> None:
        """Have the bus deliver the signals of a match rule."""
        await self.call(_BUS, _BUS_PATH, f"{_BUS}.AddMatch", "s", [rule])

    async def unwatch(self, rule: str) -> None:
        with suppress(DriverError):  # a connection that is gone has no rules
            await self.call(_BUS, _BUS_PATH, f"{_BUS}.RemoveMatch", "s", [rule])

    async def aclose(self) -> None:
        self.connection.disconnect()
        await self.gone

    async def _answered(self, message: Any, method: str) -> Any:
        try:
            async with asyncio.timeout(CALL_S):
                return await self.connection.call(message)
        except TimeoutError as e:
            raise DriverError(f"{method} was not answered in {CALL_S:g} s", transient=True) from e
        except (OSError, EOFError) as e:
            raise DriverError("the connection to D-Bus is gone", transient=True) from e

    @classmethod
    async def _connected(cls, **where: Any) -> Self:
        from dbus_fast.aio import MessageBus
        from dbus_fast.errors import AuthError, InvalidAddressError

        try:
            async with asyncio.timeout(CALL_S):
                return cls(await MessageBus(**where).connect())
        except (OSError, EOFError, TimeoutError, AuthError, InvalidAddressError) as e:
            raise DriverError(f"cannot connect to D-Bus: {e}", transient=True) from e


class Service:
    """One named service; signals of anybody else who claims to be it are not listened to."""

    def __init__(self, bus: Bus, name: str) -> None:
        self.bus = bus
        self.name = name
        self.owner: str | None = None

    async def call(
        self, path: str, method: str, signature: str = "", body: Sequence[Any] = ()
    ) -> list[Any]:
        return await self.bus.call(self.name, path, method, signature, body)

    async def properties(self, path: str, interface: str) -> Mapping[str, Any]:
        (found,) = await self.call(path, f"{_PROPERTIES}.GetAll", "s", [interface])
        return dict(found)

    async def property(self, path: str, interface: str, name: str) -> Any:
        (found,) = await self.call(path, f"{_PROPERTIES}.Get", "ss", [interface, name])
        return found

    async def follow(self) -> AsyncIterator[Signal | OwnerChanged]:
        """The service's signals from now on; the first item tells who it is.

        Raises a transient DriverError when the bus goes away or too many signals wait to be read.
        """
        waiting: asyncio.Queue[Signal | OwnerChanged] = asyncio.Queue(_MOST_WAITING)
        overflow = asyncio.Event()

        def heard(message: Any) -> None:
            item = self._item(message)
            if item is None:
                return
            if waiting.full():
                overflow.set()
            else:
                waiting.put_nowait(item)

        rules = (
            f"type='signal',sender='{self.name}'",
            f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{self.name}'",
        )
        self.bus.connection.add_message_handler(heard)
        try:
            for rule in rules:
                await self.bus.watch(rule)
            self.owner = await self.bus.owner(self.name)
            yield OwnerChanged(owner=self.owner)
            while True:
                item = await _next(waiting, self.bus.gone)
                if overflow.is_set():
                    raise DriverError("signals were lost; look anew", transient=True)
                yield item
        finally:
            self.bus.connection.remove_message_handler(heard)
            for rule in rules:
                await self.bus.unwatch(rule)

    def _item(self, message: Any) -> Signal | OwnerChanged | None:
        from dbus_fast import MessageType, unpack_variants

        if message.message_type is not MessageType.SIGNAL:
            return None
        if message.sender == _BUS and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if name != self.name:
                return None
            self.owner = owner or None
            return OwnerChanged(owner=self.owner)
        if message.sender != self.owner:
            return None
        return Signal(
            path=message.path,
            interface=message.interface,
            member=message.member,
            body=tuple(unpack_variants(message.body)),
        )


async def _end_of(connection: Any) -> None:
    """Return when a connection has ended, for whatever reason."""
    with suppress(OSError, EOFError):
        await connection.wait_for_disconnect()


async def _next(
    waiting: asyncio.Queue[Signal | OwnerChanged], gone: asyncio.Future[None]
) -> Signal | OwnerChanged:
    item = asyncio.ensure_future(waiting.get())
    either: set[asyncio.Future[Any]] = {item, gone}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not item.done():
            raise DriverError("the connection to D-Bus is gone", transient=True)
        return item.result()
    finally:
        item.cancel()


def _refusal(name: str | None, body: Sequence[Any]) -> DriverError:
    said = str(body[0]) if body else ""
    reason = f"{said or 'refused'} ({name})"
    if name in _ABSENT:
        return UnsupportedError(reason)
    return DriverError(reason, transient=bool(name and name.endswith((".NoReply", ".NotAllowed"))))
