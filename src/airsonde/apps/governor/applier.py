"""Carry actions out through the journal; what a host refuses is remembered and said once."""

import errno
from collections.abc import Callable, Hashable
from typing import Protocol, assert_never

from airsonde.apps.governor.host import Host
from airsonde.apps.governor.own_queues import OwnQueues
from airsonde.apps.governor.roamer import Roamer
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.core.step import Setting
from airsonde.drivers.linux.cake import Cake
from airsonde.drivers.linux.ethtool import AdaptiveRx
from airsonde.drivers.linux.ingress import ifb_name
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.irq import Interrupts
from airsonde.drivers.linux.journal import Journal, Undone
from airsonde.drivers.linux.journal_record import Entry
from airsonde.drivers.linux.nl80211 import PowerSave
from airsonde.link.governor import Standing
from airsonde.link.model import (
    Direction,
    HandsOff,
    LinkAction,
    Roam,
    Scan,
    SetCoalescing,
    SetPowerSave,
    SetShaping,
)


class Acting(Protocol):
    """Whatever takes the actions of the governor."""

    queues: OwnQueues

    @property
    def complaint(self) -> str | None:
        """What failed after it had been asked for."""

    async def apply(self, action: LinkAction) -> str | None:
        """What became of it; None where there is nothing new to tell."""
        ...

    def forget(self, ifname: str) -> None:
        """How the interface stands is not known any more."""

    async def leave(self, interface: Interface) -> None:
        """It is gone or is another one now: put back what can be, forget what it refused."""


class DryRun:
    """Takes actions and does nothing."""

    def __init__(self) -> None:
        self.queues = OwnQueues()
        self.complaint: str | None = None
        self._standing = Standing()

    async def apply(self, action: LinkAction) -> str | None:
        return "dry run: not done" if self._standing.changes(action) else None

    def forget(self, ifname: str) -> None:
        self._standing.forget(ifname)

    async def leave(self, interface: Interface) -> None:
        self.forget(interface.name)


class Applier:
    """Every change is recorded before it is made and read back after it."""

    def __init__(self, host: Host, journal: Journal, roamer: Roamer) -> None:
        self.refused: dict[Hashable, str] = {}
        self.queues = OwnQueues()
        self._host = host
        self._journal = journal
        self._roamer = roamer
        self._standing = Standing()
        self._said: dict[Hashable, str] = {}

    @property
    def complaint(self) -> str | None:
        return self._roamer.complaint

    async def apply(self, action: LinkAction) -> str | None:
        key = _key(action)
        if key in self.refused or not self._standing.changes(action):
            return None
        try:
            outcome = await self._carry_out(action)
        except DriverError as e:
            if _is_for_good(e):
                self.refused[key] = e.reason
                return f"refused: {e.reason}"
            if isinstance(action, Setting):
                self._standing.forget(action.ifname)
            return self._once(key, f"refused: {e.reason}")
        self._said.pop(key, None)
        return outcome

    def forget(self, ifname: str) -> None:
        self._standing.forget(ifname)

    async def leave(self, interface: Interface) -> None:
        self.forget(interface.name)
        for known in (self.refused, self._said):
            for key in [key for key in known if isinstance(key, tuple) and interface.name in key]:
                del known[key]
        await self.undo(interface)

    async def undo(self, interface: Interface) -> list[Undone]:
        """Put back everything that was set on one interface."""
        self.queues.forget(interface.name)
        return await self._journal.revert(self._host.knobs(), belongs_to(interface))

    def _once(self, key: Hashable, words: str) -> str | None:
        """The words, unless they were the last ones about this."""
        before = self._said.get(key)
        self._said[key] = words
        return None if before == words else words

    async def _carry_out(self, action: LinkAction) -> str:
        interface = Interface.named(action.ifname)
        match action:
            case SetShaping():
                return await self._shape(interface, action)
            case SetCoalescing(adaptive_rx=on):
                return _turned(await self._journal.turn(AdaptiveRx(), interface.target, on))
            case SetPowerSave(enabled=on):
                return await self._power_save(interface, enabled=on)
            case Roam(bssid=bssid):
                return await self._roamer.roam(action.ifname, bssid)
            case Scan():
                return await self._scan(action.ifname)
            case HandsOff():
                await self.undo(interface)
                return "everything put back"
        assert_never(action)

    async def _shape(self, interface: Interface, action: SetShaping) -> str:
        ingress = action.direction is Direction.INGRESS
        place = (
            await self._host.ingress.redirect(self._journal, interface) if ingress else interface
        )
        bit_s = round(action.bandwidth_mbit * 1e6)
        try:
            cake = Cake(bandwidth_bit_s=bit_s, ingress=ingress)
            await self._host.queues.shape(self._journal, place, cake)
        except UnsupportedError as e:
            await self._without_cake(interface, e, ingress=ingress)
        stands = await self._host.queues.cake(place)
        held = stands.cake.bandwidth_bit_s if stands else None
        if held is None or abs(held - bit_s) > 8:
            raise DriverError(f"CAKE on {place.name} stands at {held} bit/s though {bit_s} was set")
        if ingress:
            self.queues.stand_behind(interface, place)
        else:
            self.queues.stand(interface)
        return "applied"

    async def _without_cake(
        self, interface: Interface, refusal: UnsupportedError, *, ingress: bool
    ) -> None:
        """The next best, and the refusal with what stands now."""
        if ingress:
            await self._host.ingress.write(interface.target, None)
            raise refusal
        try:
            await self._host.queues.fair_queue(self._journal, interface)
        except UnsupportedError:
            raise refusal from None
        raise UnsupportedError(f"{refusal.reason}; fq_codel stands, which does not shape")

    async def _power_save(self, interface: Interface, *, enabled: bool) -> str:
        if self._host.nl80211 is None:
            raise UnsupportedError("this kernel has no Wi-Fi (module cfg80211)")
        knob = PowerSave(self._host.nl80211)
        return _turned(await self._journal.turn(knob, interface.target, enabled))

    async def _scan(self, ifname: str) -> str:
        device, manager = self._host.device(ifname), self._host.manager
        if manager is None or device is None:
            raise DriverError(f"nobody here can be asked to scan on {ifname}")
        await manager.request_scan(device)
        return "asked NetworkManager"


def belongs_to(interface: Interface) -> Callable[[Entry], bool]:
    """Whether a change was made on an interface, its IFB or one of its interrupts."""
    irqs = {str(vector.irq) for vector in Interrupts().vectors(interface.name)}

    def belongs(entry: Entry) -> bool:
        if entry.kind == "irq":
            return entry.target in irqs
        number, _, name = entry.target.partition("/")[0].partition(":")
        return number == str(interface.index) or name == ifb_name(interface)

    return belongs


def _key(action: LinkAction) -> Hashable:
    return action.knob if isinstance(action, Setting) else (type(action).__name__, action.ifname)


def _is_for_good(refusal: DriverError) -> bool:
    """An interface may go while it is turned: a governed one is left then, an IFB made anew."""
    return isinstance(refusal, UnsupportedError) and refusal.errno != errno.ENODEV


def _turned(changed: bool) -> str:  # noqa: FBT001  (what `turn` answers)
    return "applied" if changed else "stands so already"
