"""The loop: woken by events or a tick, it observes, decides, applies, and remembers why."""

from collections import deque
from collections.abc import Callable

from airsonde.apps.governor.applier import Acting
from airsonde.apps.governor.decisions import Decisions
from airsonde.apps.governor.events import Wakes
from airsonde.apps.governor.host import Host
from airsonde.apps.governor.observer import Observer
from airsonde.apps.governor.pace import Pace
from airsonde.apps.governor.settings import Settings
from airsonde.apps.governor.tuner import Tuner
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.nl80211 import WifiChange
from airsonde.drivers.linux.rtnl import Change, Topic
from airsonde.link.governor import Governor
from airsonde.link.model import NS_PER_S, HandsOff, LinkAction, Observation, SetShaping

MOST_HEALED = 3
HEALED_WITHIN_NS = 60 * NS_PER_S


class Daemon:
    """Governs the interfaces of one host; `tuner` is None in a dry run."""

    def __init__(
        self, host: Host, settings: Settings, acting: Acting, tuner: Tuner | None, log: Decisions
    ) -> None:
        self.settings = settings
        self.host = host
        self.acting = acting
        self.log = log
        self.wakes = Wakes()
        self.observer = Observer(host, settings.governor, self._heard)
        self.latest: dict[str, Observation] = {}
        self.gateway_ms: dict[str, float] = {}
        self.watchers: list[Callable[[Observation], None]] = []
        self._tuner = tuner
        self._governor = Governor(settings.preset)
        self._untouched = settings.preset().untouched
        self._paces: dict[str, Pace] = {}
        self._healed: dict[str, deque[int]] = {}
        self._beaten: set[str] = set()
        self._left: set[str] = set()
        self._gone: set[str] = set()

    @property
    def pause_s(self) -> float:
        """How long may pass before looking again: shorter while much flows."""
        config = self.settings.governor
        return min((p.pause_s(config) for p in self._paces.values()), default=config.tick_s)

    def renew(self, settings: Settings) -> None:
        """Take other settings; what stands on the host stays, policies stay where they may."""
        if _policies(settings) != _policies(self.settings):
            self._governor = Governor(settings.preset)
            self._untouched = settings.preset().untouched
        self.settings = settings
        self.observer.config = settings.governor
        if self._tuner is not None:
            self._tuner.config = settings.governor
            self._tuner.forget_all()
        self.wakes.wake()

    async def look(self, names: frozenset[str] | None = None) -> None:
        """Observe some interfaces or all of them, and do what the policies say."""
        try:
            present = await self._present(names)
        except DriverError as e:
            self.log.complaint = e.reason
            return
        while self._beaten:
            await self._give_way(self._beaten.pop())
        for ifname, kind in present.items():
            await self._govern(ifname, kind)

    async def forget(self, ifname: str) -> None:
        """An interface is gone or renamed, or is another one under the same name."""
        sight = self.observer.sights.get(ifname)
        if sight is not None:
            await self.acting.leave(sight.interface)
        self.observer.forget(ifname)
        self.log.forget(ifname)
        self.latest.pop(ifname, None)
        self.gateway_ms.pop(ifname, None)
        self._paces.pop(ifname, None)
        self._healed.pop(ifname, None)
        self._left.discard(ifname)
        if self._tuner is not None:
            self._tuner.forget(ifname)

    def kernel_changed(self, change: Change) -> None:
        """A link came or went, a route changed, or somebody turned our queues."""
        ifname, robbed = self._name_of(change.index), self.acting.queues.robbed(change)
        match change.topic:
            case _ if robbed is not None:
                self._drifted(robbed)
            case Topic.LINK if change.gone or change.name != ifname:
                self._gone |= set() if ifname is None else {ifname}
                self.wakes.wake()
            case Topic.ROUTE:
                self.observer.stale()
                self.wakes.wake()

    def wifi_changed(self, change: WifiChange) -> None:
        ifname = self._name_of(change.index)
        if ifname is None:
            return
        self.observer.told(ifname, change.happening)
        self.wakes.wake(ifname)

    def awake(self) -> None:
        """The machine slept: nothing is taken for granted."""
        for ifname in list(self.latest):
            self.acting.forget(ifname)
        if self._tuner is not None:
            self._tuner.forget_all()
        self.observer.stale()
        self.wakes.wake()

    def games_changed(self, games: int | None) -> None:
        if games != self.observer.games:
            self.observer.games = games
            self.wakes.wake()

    async def _present(self, names: frozenset[str] | None) -> dict[str, str]:
        """Which of these are there, and of what kind; known ones are not looked for again."""
        sights = self.observer.sights
        if names is not None and not self._gone and names <= sights.keys():
            return {name: sights[name].kind for name in names}
        present = await self._governed()
        for ifname in self._gone | (self.latest.keys() - present.keys()):
            await self.forget(ifname)
        self._gone.clear()
        return {n: kind for n, kind in present.items() if names is None or n in names}

    async def _governed(self) -> dict[str, str]:
        chosen = self.settings.governor.interfaces
        found = await self.host.interfaces(chosen)
        return {
            name: kind
            for name, kind in found.items()
            if not name.startswith(self._untouched) and (not chosen or name in chosen)
        }

    async def _govern(self, ifname: str, kind: str) -> None:
        try:
            obs = await self.observer.observe(ifname, kind)
        except UnsupportedError:
            await self.forget(ifname)
            return
        except DriverError as e:  # netlink was busy, say: the next look tells
            self.log.complaint = e.reason
            return
        self._paces.setdefault(ifname, Pace()).push(obs, self.settings.governor)
        if obs.gateway_rtt_ms is not None:
            self.gateway_ms[ifname] = obs.gateway_rtt_ms
        self.latest[ifname] = obs
        for watcher in self.watchers:
            watcher(obs)
        actions = self._governor.step(obs)
        outcomes = [(action, await self._act(obs, kind, action)) for action in actions]
        told = [(action, outcome) for action, outcome in outcomes if outcome is not None]
        if told or self.log.is_due(obs.t_ns, ifname):
            self.log.explained(obs.t_ns, ifname, self._governor.why())
        for action, outcome in told:
            self.log.decided(obs.t_ns, action, outcome)

    async def _act(self, obs: Observation, kind: str, action: LinkAction) -> str | None:
        if obs.ifname in self._left and isinstance(action, SetShaping):
            return None
        if isinstance(action, HandsOff):
            self._untuned(obs.ifname)
        else:
            await self._tune(obs, kind)
        return await self.acting.apply(action)

    async def _tune(self, obs: Observation, kind: str) -> None:
        if self._tuner is None:
            return
        notes: list[str] = []
        try:
            notes += await self._tuner.tune(Interface.named(obs.ifname), kind)
            notes += await self._tuner.enforce(obs.ifname)
        except DriverError as e:
            notes.append(e.reason)
        for note in notes:
            self.log.noted(obs.t_ns, obs.ifname, note)

    def _untuned(self, ifname: str) -> None:
        if self._tuner is not None:
            self._tuner.forget(ifname)

    def _heard(self, ifname: str) -> None:
        """The gateway answered: worth a look at once while delay matters."""
        pace = self._paces.get(ifname)
        if pace is not None and pace.alert:
            self.wakes.wake(ifname)

    def _drifted(self, ifname: str) -> None:
        """Our queue was taken away: put it back, but do not fight with another tool."""
        now_ns = self.latest[ifname].t_ns
        healed = self._healed.setdefault(ifname, deque(maxlen=MOST_HEALED))
        if len(healed) == MOST_HEALED and now_ns - healed[0] < HEALED_WITHIN_NS:
            self._beaten.add(ifname)
            note = "somebody else keeps taking our queue away; left alone until the next start"
        else:
            healed.append(now_ns)
            self.acting.forget(ifname)
            note = "somebody took our queue away; it is put back"
        self.log.noted(now_ns, ifname, note)
        self.wakes.wake(ifname)

    async def _give_way(self, ifname: str) -> None:
        """Take our queues away for good, also a redirection to an IFB that is gone."""
        self._left.add(ifname)
        self._untuned(ifname)
        if (sight := self.observer.sights.get(ifname)) is not None:
            await self.acting.leave(sight.interface)

    def _name_of(self, index: int) -> str | None:
        sights = self.observer.sights
        return next((n for n, s in sights.items() if s.interface.index == index), None)


def _policies(settings: Settings) -> object:
    """What the policies are made of."""
    return settings.governor.preset, settings.link
