"""Look at a host without changing it: what the governor would miss, and the remedy."""

import asyncio
import gzip
import os
import platform
import zlib
from collections.abc import Iterator
from configparser import ConfigParser, Error
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.atomic_file import read_small
from airsonde.drivers.linux.iwd import IWD
from airsonde.drivers.linux.message_bus import Bus
from airsonde.drivers.linux.networkmanager import NM
from airsonde.drivers.linux.nl80211 import Nl80211
from airsonde.drivers.linux.supplicant import WPA

_WORLD = ("00", "99")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; `ok` None where it could not be told."""

    name: str
    ok: bool | None
    found: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPart:
    """Something the kernel may lack, and what then."""

    name: str
    module: str
    option: str
    without: str


CAKE = KernelPart(
    name="CAKE",
    module="sch_cake",
    option="CONFIG_NET_SCH_CAKE",
    without="shaping falls back to fq_codel",
)
IFB = KernelPart(name="IFB", module="ifb", option="CONFIG_IFB", without="downloads are not shaped")


def examine(root: Path = Path("/")) -> list[Finding]:
    """Everything in order; reads only."""
    return [*_plain(root), *asyncio.run(_services())]


def _plain(root: Path) -> Iterator[Finding]:
    yield _root_user()
    yield radio_switches(root / "sys/class/rfkill")
    yield queue_module(root, CAKE)
    yield queue_module(root, IFB)
    yield power_save_by_manager(root)
    yield power_save_by_tlp(root)
    if (root / "run/irqbalance").exists():
        yield Finding(name="irqbalance", ok=True, found="runs; interrupts are left to it")


def _root_user() -> Finding:
    ok = os.geteuid() == 0
    found = "root" if ok else "not root; the daemon needs it"
    return Finding(name="user", ok=ok, found=found, remedy=None if ok else "use sudo")


def radio_switches(folder: Path) -> Finding:
    """rfkill: a radio that is switched off, and by what."""
    wifi = [path for path in folder.glob("*") if _word(path / "type") == "wlan"]
    if any(_word(path / "hard") == "1" for path in wifi):
        found, remedy = "switched off by hardware", "turn the switch or key of the machine on"
    elif any(_word(path / "soft") == "1" for path in wifi):
        found, remedy = "blocked by software", "rfkill unblock wlan"
    else:
        found = "radio on" if wifi else "no radio with a switch"
        return Finding(name="rfkill", ok=True if wifi else None, found=found)
    return Finding(name="rfkill", ok=False, found=found, remedy=remedy)


def queue_module(root: Path, wanted: KernelPart) -> Finding:
    """Whether the kernel has a part: loaded, built in, or beside it on the disk."""
    release = root / "lib/modules" / platform.release()
    lists = [read_small(release / n, 8 << 20) for n in ("modules.dep", "modules.builtin")]
    chosen = _chosen(root / "proc/config.gz", wanted.option)
    if (root / "sys/module" / wanted.module).exists():
        return Finding(name=wanted.name, ok=True, found="loaded")
    if chosen == "y" or any(f"/{wanted.module}.ko".encode() in (c or b"") for c in lists):
        return Finding(name=wanted.name, ok=True, found="available")
    if lists == [None, None] and chosen is None:
        return Finding(name=wanted.name, ok=None, found=f"{release} tells nothing of this kernel")
    remedy = f"install the package with the module {wanted.module} of this kernel"
    if chosen == "":
        remedy = f"use a kernel with {wanted.option}"
    found = f"the kernel has none: {wanted.without}"
    return Finding(name=wanted.name, ok=False, found=found, remedy=remedy)


def _chosen(config: Path, option: str) -> str | None:
    """How a kernel was built: `y`, `m`, or "" for left out; None where it does not tell."""
    try:
        text = gzip.decompress(read_small(config) or b"").decode("ascii", "replace")
    except (OSError, EOFError, zlib.error):
        return None
    lines = [line for line in text.splitlines() if line.startswith(f"{option}=")]
    return None if not text else lines[-1].partition("=")[2] if lines else ""


def power_save_by_manager(root: Path) -> Finding:
    """NetworkManager's wifi.powersave: 2 off, 3 on, at every activation."""
    found = None
    folders = ("usr/lib/NetworkManager/conf.d", "etc/NetworkManager/conf.d")
    paths = [root / "etc/NetworkManager/NetworkManager.conf"]
    for path in [*paths, *(p for f in folders for p in sorted((root / f).glob("*.conf")))]:
        for section in _ini(path):
            if "wifi.powersave" in section:
                found = (path, section["wifi.powersave"].strip())
    if found is None or found[1] in {"0", "1"}:
        return Finding(name="power save by NetworkManager", ok=True, found="not forced")
    path, value = found
    return Finding(
        name="power save by NetworkManager",
        ok=value != "3",
        found=f"{path} sets wifi.powersave={value}",
        remedy=None if value != "3" else "remove it or set 1 (ignore) there",
    )


def power_save_by_tlp(root: Path) -> Finding:
    """TLP's WIFI_PWR_ON_AC and _BAT, which it sets again whenever the power source changes."""
    present = (root / "usr/sbin/tlp").exists() or (root / "usr/bin/tlp").exists()
    lines: list[str] = []
    for path in [root / "etc/tlp.conf", *sorted((root / "etc/tlp.d").glob("*.conf"))]:
        lines += (read_small(path) or b"").decode("utf-8", "replace").splitlines()
    forced = [line.strip() for line in lines if line.strip().startswith("WIFI_PWR_ON_")]
    if not present or not any(line.endswith(("=on", "=5")) for line in forced):
        found = "does not force it on" if present else "is not installed"
        return Finding(name="power save by TLP", ok=True, found=found)
    remedy = "comment WIFI_PWR_ON_AC and WIFI_PWR_ON_BAT out in /etc/tlp.conf"
    return Finding(name="power save by TLP", ok=False, found=", ".join(forced), remedy=remedy)


async def _services() -> list[Finding]:
    return [await _wifi(), *await _bus()]


async def _wifi() -> Finding:
    try:
        nl80211 = await Nl80211.open()
    except DriverError as e:
        return Finding(name="Wi-Fi", ok=False, found=e.reason, remedy="load the radio's driver")
    try:
        country = await nl80211.regulatory_domain()
    except DriverError as e:
        return Finding(name="regulatory domain", ok=None, found=e.reason)
    finally:
        await nl80211.aclose()
    return regulatory_domain(country)


def regulatory_domain(country: str) -> Finding:
    """Whether a country was set: the world's rules close what is not allowed everywhere."""
    ok = country not in _WORLD
    found = f"country {country}" if ok else f"none ({country}): 6 GHz and some 5 GHz are closed"
    remedy = None if ok else "iw reg set your country (two letters), or set it in the installer"
    return Finding(name="regulatory domain", ok=ok, found=found, remedy=remedy)


async def _bus() -> list[Finding]:
    try:
        bus = await Bus.system()
    except DriverError as e:
        return [Finding(name="D-Bus", ok=False, found=e.reason, remedy="start dbus")]
    findings = []
    try:
        running = {name: await bus.owner(name) is not None for name in (NM, WPA, IWD)}
        ok = running[NM]
        found = "runs" if ok else "does not run: no scans, no roaming, no portal detection"
        remedy = None if ok else "systemctl start NetworkManager"
        findings.append(Finding(name="NetworkManager", ok=ok, found=found, remedy=remedy))
        findings.append(_backend(supplicant=running[WPA], iwd=running[IWD]))
    finally:
        await bus.aclose()
    return findings


def _backend(*, supplicant: bool, iwd: bool) -> Finding:
    name = "Wi-Fi backend"
    if supplicant:
        return Finding(name=name, ok=True, found="wpa_supplicant: access points can be chosen")
    if iwd:
        return Finding(name=name, ok=True, found="iwd: it chooses access points itself")
    remedy = "install wpasupplicant and restart NetworkManager"
    return Finding(name=name, ok=False, found="neither wpa_supplicant nor iwd", remedy=remedy)


def _ini(path: Path) -> list[dict[str, str]]:
    parser = ConfigParser(interpolation=None, strict=False)
    with suppress(Error, DriverError):
        parser.read_string((read_small(path) or b"").decode("utf-8", "replace"))
    return [dict(parser[name]) for name in parser.sections()]


def _word(path: Path) -> str | None:
    try:
        content = read_small(path, 4096)
    except DriverError:
        return None
    return None if content is None else content.decode("utf-8", "replace").strip()
