"""How a host should be tuned, as data: sysctls, driver options, iwd, interrupts, profiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

SYSCTLS: Final = MappingProxyType(
    {
        "net.core.default_qdisc": "fq_codel",
        "net.ipv4.tcp_congestion_control": "bbr",
        "net.core.rmem_default": "262144",
        "net.core.wmem_default": "262144",
        "net.core.rmem_max": "4194304",
        "net.core.wmem_max": "4194304",
        "net.ipv4.tcp_rmem": "4096 131072 4194304",
        "net.ipv4.tcp_wmem": "4096 65536 4194304",
        "net.core.netdev_max_backlog": "2000",
        "net.ipv4.tcp_fastopen": "3",
        "net.ipv4.tcp_ecn": "1",
        "net.ipv4.tcp_keepalive_time": "60",
        "net.ipv4.tcp_keepalive_intvl": "10",
        "net.ipv4.tcp_keepalive_probes": "6",
        "net.ipv4.tcp_tw_reuse": "1",
    }
)

SYSCTL_FILE: Final = "/etc/sysctl.d/90-airsonde.conf"
MODPROBE_FILE: Final = "/etc/modprobe.d/zz-airsonde-{module}.conf"
IWD_FILE: Final = "/etc/iwd/main.conf"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverOption:
    """One parameter of one kernel module."""

    module: str
    name: str
    value: str


def _options(module: str, **values: str) -> tuple[DriverOption, ...]:
    return tuple(DriverOption(module=module, name=name, value=v) for name, v in values.items())


DRIVER_OPTIONS: Final[Mapping[str, tuple[DriverOption, ...]]] = MappingProxyType(
    {
        "rtw89": (
            *_options("rtw89_pci", disable_aspm_l1="y", disable_aspm_l1ss="y"),
            *_options("rtw89_core", disable_ps_mode="y"),
        ),
        "rtw88": (
            *_options("rtw88_pci", disable_aspm="1"),
            *_options("rtw88_core", disable_lps_deep="Y"),
        ),
        "rtw_": (
            *_options("rtw88_pci", disable_aspm="1"),
            *_options("rtw88_core", disable_lps_deep="Y"),
        ),
        "rtl8192ee": _options("rtl8192ee", ips="0", fwlps="0"),
        "rtl8188ee": _options("rtl8188ee", ips="0", fwlps="0"),
        "mt7921e": _options("mt7921e", disable_aspm="1"),
        "mt7925e": _options("mt7925e", disable_aspm="1"),
        "mt76": _options("mt76_usb", disable_usb_sg="1"),
        "iwl": (
            *_options("iwlwifi", power_save="0", uapsd_disable="3"),
            *_options("iwlmvm", power_scheme="1"),
            *_options("iwlmld", power_scheme="1"),
        ),
        "ath9k": _options("ath9k", ps_enable="0"),
        "brcm": _options("brcmfmac", roamoff="1"),
        "mwifiex": _options("mwifiex", disable_auto_ds="1"),
    }
)
"""By the beginning of the driver's name; drivers that need nothing (ath11k, rt2800) are absent."""

IRQ_ALIASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "rtl": ("rtl_pci",),
        "rtw88": ("rtw88", "rtw_pci"),
        "rtw_": ("rtw88", "rtw_pci"),
        "ath11k": ("ath11k", "wcn", "MHI"),
        "ath12k": ("ath12k", "wcn", "MHI"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One interrupt as the kernel lists it: its number, and the names behind it."""

    irq: int
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What is known of the machine to be tuned; an empty mapping of modules means unknown."""

    ifname: str
    kind: str = "wifi"
    driver: str | None = None
    module_parameters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    vectors: tuple[Vector, ...] = ()
    permitted_cpus: tuple[int, ...] = (0,)
    cpu_loads: Mapping[int, float] = field(default_factory=dict)
    irqbalance: bool = False
    iwd: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to set, and what to say about it.

    `energy_efficient` (802.3 clause 78) lets a wired link sleep between packets; None: no
    such link.
    """

    sysctls: Mapping[str, str]
    driver_options: tuple[DriverOption, ...]
    iwd: Mapping[str, Mapping[str, str]]
    irq_cpus: Mapping[int, int]
    offloads: Mapping[str, bool]
    energy_efficient: bool | None = None
    notes: tuple[str, ...] = ()


OFFLOADS: Final = MappingProxyType({"tso": False, "gso": False, "gro": True})


def plan(host: Host, preset: str) -> Plan:
    """The tuning of a host under a preset; touches nothing."""
    options, option_notes = driver_options(host)
    iwd, iwd_notes = iwd_settings(host, preset)
    irqs, irq_notes = irq_plan(host, preset)
    return Plan(
        sysctls=SYSCTLS,
        driver_options=options,
        iwd=iwd,
        irq_cpus=irqs,
        offloads=OFFLOADS,
        energy_efficient=False if host.kind == "ethernet" else None,
        notes=(*option_notes, *iwd_notes, *irq_notes),
    )


def driver_options(host: Host) -> tuple[tuple[DriverOption, ...], tuple[str, ...]]:
    """The options that the loaded modules know, and a note for each one they do not."""
    table = next((row for name, row in _matching(DRIVER_OPTIONS, host.driver)), ())
    known = tuple(o for o in table if o.name in host.module_parameters.get(o.module, frozenset()))
    unknown = tuple(
        f"{o.module} has no parameter {o.name} here: not written" for o in table if o not in known
    )
    later = ("driver options take effect when the module is loaded next",) if known else ()
    return known, (*later, *unknown)


def _matching(
    table: Mapping[str, tuple[DriverOption, ...]], driver: str | None
) -> Sequence[tuple[str, tuple[DriverOption, ...]]]:
    """Rows for a driver, the longest name first."""
    rows = [(name, row) for name, row in table.items() if (driver or "").startswith(name)]
    return sorted(rows, key=lambda r: -len(r[0]))


def modprobe_files(options: Sequence[DriverOption]) -> dict[str, str]:
    """Path to text: one file a module, under names of our own."""
    by_module: dict[str, list[str]] = {}
    for o in options:
        by_module.setdefault(o.module, []).append(f"{o.name}={o.value}")
    return {
        MODPROBE_FILE.format(module=module): f"options {module} {' '.join(values)}\n"
        for module, values in by_module.items()
    }


def sysctl_text(sysctls: Mapping[str, str]) -> str:
    """The text of `SYSCTL_FILE`."""
    return "".join(f"{key} = {value}\n" for key, value in sysctls.items())


def iwd_settings(
    host: Host, preset: str
) -> tuple[Mapping[str, Mapping[str, str]], tuple[str, ...]]:
    """Sections of iwd's main.conf: no roaming scans of its own, roaming thresholds, band weights.

    `DisablePeriodicScan` stops scans while disconnected only (iwd.config(5)); preset v3 asks for
    it all the same.
    """
    if not host.iwd:
        return {}, ()
    scan, notes = {"DisableRoamingScan": "true"}, ["with iwd no access point can be chosen"]
    if preset == "v3":
        scan["DisablePeriodicScan"] = "true"
        notes.append("DisablePeriodicScan keeps iwd from reconnecting after sleep")
    general = {"RoamThreshold": "-70", "RoamThreshold5G": "-76"}
    rank = {"BandModifier2_4GHz": "1.0", "BandModifier5GHz": "1.2", "BandModifier6GHz": "1.3"}
    return {"General": general, "Rank": rank, "Scan": scan}, tuple(notes)


def irq_plan(host: Host, preset: str) -> tuple[dict[int, int], tuple[str, ...]]:
    """Interrupt to CPU: CPU 1 under v3, otherwise the least loaded permitted one."""
    words = irq_names(host.ifname, host.driver)
    irqs = [v.irq for v in host.vectors if any(word in v.names for word in words)]
    if not irqs:
        return {}, (f"{host.ifname} has no interrupt of its own",)
    if preset == "v3" and 1 in host.permitted_cpus:
        cpu = 1
    else:
        cpu = min(host.permitted_cpus, key=lambda c: (host.cpu_loads.get(c, 0.0), c))
    if host.irqbalance and preset != "v3":
        return {}, ("irqbalance runs: interrupts are left to it",)
    notes = ("irqbalance runs and may undo the affinity",) if host.irqbalance else ()
    return dict.fromkeys(irqs, cpu), notes


def irq_names(ifname: str, driver: str | None) -> tuple[str, ...]:
    """Words by which the interrupts of an interface are known."""
    aliases = [
        a for name, row in IRQ_ALIASES.items() if (driver or "").startswith(name) for a in row
    ]
    return (ifname, *([driver] if driver else []), *aliases)
