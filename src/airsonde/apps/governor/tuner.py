"""Carry out the tuning plan: what is set once a host or an interface, not from tick to tick."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path

from airsonde.apps.governor.host import Host
from airsonde.apps.governor.settings import GovernorConfig
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.atomic_file import read_small
from airsonde.drivers.linux.ethtool import (
    GRO_FEATURE,
    GSO_FEATURE,
    TSO_FEATURES,
    EnergyEfficient,
    Offload,
    features,
)
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.irq import Interrupts
from airsonde.drivers.linux.iwd import IWD, put_settings
from airsonde.drivers.linux.journal import Journal, Knob, Value
from airsonde.drivers.linux.knobs import Sysctl, WholeFile, file_value
from airsonde.drivers.linux.module_options import ModuleFiles, ModuleOptions
from airsonde.drivers.linux.nm_settings import ProfileSetting
from airsonde.link import tuning
from airsonde.link.enforcement import enforcement

_FEATURES = {"tso": TSO_FEATURES, "gso": (GSO_FEATURE,), "gro": (GRO_FEATURE,)}
_CPU_FIELDS = 9


class Tuner:
    """Tunes the host once and every interface once; `notes` are what its owner should know."""

    def __init__(self, host: Host, journal: Journal, config: GovernorConfig) -> None:
        self.config = config
        self._host = host
        self._journal = journal
        self._tuned: set[str] = set()
        self._enforced: set[tuple[str, str]] = set()
        self._host_tuned = False

    def forget(self, ifname: str) -> None:
        """It is new, or was put back: tune it again when next asked."""
        self._tuned.discard(ifname)

    def forget_all(self) -> None:
        self._tuned.clear()
        self._enforced.clear()
        self._host_tuned = False

    async def tune(self, interface: Interface, kind: str) -> list[str]:
        """Set what does not stand yet; in one sentence each what could not be, and why."""
        if interface.name in self._tuned:
            return []
        self._tuned.add(interface.name)
        plan = tuning.plan(await self._described(interface, kind), self.config.preset)
        said = list(plan.notes)
        async for note in self._set(plan, interface):
            if note not in said:
                said.append(note)
        return said

    async def enforce(self, ifname: str) -> list[str]:
        """Change the profile in use where its owner asked for it; what that means."""
        device, manager = self._host.device(ifname), self._host.manager
        wanted = self.config.enforcement
        uuid = device.profile_uuid if device is not None else None
        if manager is None or uuid is None or (ifname, uuid) in self._enforced:
            return []
        if device is None or uuid not in wanted.no_ipv6 | wanted.permanent_mac:
            return []
        self._enforced.add((ifname, uuid))
        told = await manager.settings(await manager.profile(uuid))
        plain = {s: {k: v.value for k, v in keys.items()} for s, keys in told.items()}
        found = enforcement(uuid, plain, wanted)
        if not found.needs_activation:
            return []
        async with manager.checkpoint([device], 30):
            for section, keys in found.settings.items():
                for key, value in keys.items():
                    target = f"{uuid}/{section}.{key}"
                    await self._journal.turn(ProfileSetting(manager), target, value)
        return [*found.notes, f"profile {uuid} was changed; it acts when {ifname} reconnects"]

    async def _described(self, interface: Interface, kind: str) -> tuning.Host:
        interrupts = Interrupts()
        driver = interrupts.driver(interface.name)
        vectors = [
            tuning.Vector(irq=v.irq, names=",".join((interface.name, *v.actions)))
            for v in interrupts.vectors(interface.name)
            if not v.shared
        ]
        return tuning.Host(
            ifname=interface.name,
            kind=kind,
            driver=driver,
            module_parameters=_module_parameters(driver),
            vectors=tuple(vectors),
            permitted_cpus=cpu_list(interrupts.permitted_cpus()),
            cpu_loads=cpu_loads(read_small(Path("/proc/stat")) or b""),
            irqbalance=Path("/run/irqbalance").exists(),  # noqa: ASYNC240  (procfs-like, no disk)
            iwd=self._host.bus is not None and await self._host.bus.owner(IWD) is not None,
        )

    async def _set(self, plan: tuning.Plan, interface: Interface) -> AsyncIterator[str]:
        for knob, target, value in self._wanted(plan, interface):
            with suppress(UnsupportedError):  # a capability this host lacks
                try:
                    await self._journal.turn(knob, target, value)
                except UnsupportedError:
                    raise
                except DriverError as e:
                    yield e.reason
        async for note in self._files(plan):
            yield note
        self._host_tuned = True

    def _wanted(self, plan: tuning.Plan, interface: Interface) -> Iterable[tuple[Knob, str, Value]]:
        parts = self.config.tuning
        if parts.sysctls and not self._host_tuned:
            for name, value in plan.sysctls.items():
                yield Sysctl(), name.replace(".", "/"), value
        if parts.offloads:
            for name, on in _changeable(plan, interface):
                yield Offload(), f"{interface.target}/{name}", on
        if parts.offloads and plan.energy_efficient is not None:
            yield EnergyEfficient(), interface.target, plan.energy_efficient
        if parts.interrupts:
            for irq, cpu in plan.irq_cpus.items():
                yield Interrupts(), str(irq), str(cpu)

    async def _files(self, plan: tuning.Plan) -> AsyncIterator[str]:
        parts = self.config.tuning
        try:
            if parts.sysctls and not self._host_tuned:
                text = tuning.sysctl_text(plan.sysctls).encode()
                await self._journal.turn(WholeFile(), tuning.SYSCTL_FILE, file_value(text))
            if parts.iwd and plan.iwd:
                pairs = {(s, k): v for s, keys in plan.iwd.items() for k, v in keys.items()}
                if await put_settings(self._journal, pairs):
                    yield "iwd reads its settings when it starts next"
            if parts.driver_options:
                for wanted in _by_module(plan.driver_options):
                    await ModuleFiles().put(self._journal, wanted)
        except DriverError as e:
            yield e.reason


def _changeable(plan: tuning.Plan, interface: Interface) -> list[tuple[str, bool]]:
    """The features behind the planned offloads that the driver lets be changed."""
    known = features(interface)
    wanted = [(name, on) for short, on in plan.offloads.items() for name in _FEATURES[short]]
    return [(name, on) for name, on in wanted if name in known and known[name].changeable]


def _by_module(options: Iterable[tuning.DriverOption]) -> list[ModuleOptions]:
    modules: dict[str, dict[str, str]] = {}
    for option in options:
        modules.setdefault(option.module, {})[option.name] = option.value
    return [ModuleOptions(module=m, options=values) for m, values in modules.items()]


def _module_parameters(driver: str | None) -> dict[str, frozenset[str]]:
    """What the loaded modules know that the plan has options for."""
    rows = [row for name, row in tuning.DRIVER_OPTIONS.items() if (driver or "").startswith(name)]
    found: dict[str, frozenset[str]] = {}
    for module in {option.module for row in rows for option in row}:
        with suppress(DriverError):
            found[module] = frozenset(ModuleFiles().parameters(module))
    return found


def cpu_list(text: str) -> tuple[int, ...]:
    """The numbers in `0-3,7`. Raises DriverError for anything else."""
    try:
        bounds = [part.partition("-")[::2] for part in text.split(",")]
        return tuple(n for low, high in bounds for n in range(int(low), int(high or low) + 1))
    except ValueError as e:
        raise DriverError(f"{text!r} is no list of processors") from e


def cpu_loads(stat: bytes) -> dict[int, float]:
    """The busy share of every processor since boot (0..1), from the lines of /proc/stat."""
    found = {}
    for line in stat.split(b"\n"):
        words = line.split()[:_CPU_FIELDS]
        if len(words) == _CPU_FIELDS and words[0][:3] == b"cpu" and words[0][3:].isdigit():
            times = [int(word) for word in words[1:]]
            total = sum(times)
            found[int(words[0][3:])] = (total - times[3] - times[4]) / total if total else 0.0
    return found
