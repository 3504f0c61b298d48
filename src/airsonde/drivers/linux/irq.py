"""Interrupt vectors of an interface, and which processors serve them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.atomic_file import LARGEST_BYTES, read_small, refusal
from airsonde.drivers.linux.journal import Value

# Names that drivers give their interrupts where the device lists no vectors of its own.
ALIASES = {
    "ath10k_pci": ("ath10k",),
    "ath11k_pci": ("ath11k", "wcn", "MHI", "mhi", "bhi", "ce"),
    "ath12k_pci": ("ath12k", "MHI", "mhi", "bhi", "ce"),
    "brcmfmac": ("brcmf", "brcmfmac"),
    "iwlwifi": ("iwlwifi",),
    "mt7921e": ("mt7921e", "mt76"),
    "mt7925e": ("mt7925e", "mt76"),
    "rtl8192ee": ("rtl_pci",),
    "rtw88_8822ce": ("rtw88", "rtw_pci"),
    "rtw89_8852be": ("rtw89", "rtw89_pci"),
}

_CPU_LIST = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")
_DEEPEST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One interrupt; `shared` where other devices use it too."""

    irq: int
    actions: tuple[str, ...]
    shared: bool


@dataclass(frozen=True, slots=True)
class Interrupts:
    """Where the kernel tells of interrupts; also the journal's knob `irq` (a target is `39`)."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    kind: str = "irq"
    volatile: bool = True

    def driver(self, name: str) -> str | None:
        """The kernel driver of an interface; a virtual one has none."""
        link = self.sys / "class" / "net" / name / "device" / "driver"
        return link.resolve().name if link.exists() else None

    def vectors(self, name: str) -> list[Vector]:
        """Every vector an interface uses, lowest first; none is normal (USB, SDIO, virtual)."""
        device = self.sys / "class" / "net" / name / "device"
        if not device.exists():
            return []
        numbers = self._of_device(device.resolve()) or self._by_alias(self.driver(name))
        found = [self._vector(irq) for irq in sorted(numbers)]
        return [vector for vector in found if vector.actions]

    async def read(self, target: str) -> Value:
        """The processors that may serve an interrupt, as the kernel lists them: `0-3,7`."""
        return self._affinity(target, "smp_affinity_list")

    async def write(self, target: str, value: Value) -> None:
        path = self.proc / "irq" / _number(target) / "smp_affinity_list"
        if not isinstance(value, str) or not _CPU_LIST.fullmatch(value):
            raise DriverError(f"{value!r} is no list of processors")
        try:
            with path.open("wb", buffering=0) as file:
                file.write(value.encode())
        except FileNotFoundError:
            raise UnsupportedError(f"interrupt {target} is gone") from None
        except OSError as e:
            if e.errno in {1, 5}:  # EPERM, EIO: the kernel manages this vector itself
                raise UnsupportedError(f"the kernel does not let interrupt {target} move") from e
            if e.errno in {22, 34}:  # EINVAL, ERANGE
                raise DriverError(f"processors {value} are not there for an interrupt") from e
            raise refusal("write", path, e) from e

    def permitted_cpus(self) -> str:
        """The processors that are online, as the kernel lists them."""
        content = read_small(self.sys / "devices/system/cpu/online") or b"0"
        return content.decode("ascii", "replace").strip()

    def _affinity(self, target: str, name: str) -> str:
        content = read_small(self.proc / "irq" / _number(target) / name)
        if content is None:
            raise UnsupportedError(f"interrupt {target} is gone")
        return content.decode("ascii", "replace").strip()

    def _of_device(self, device: Path) -> set[int]:
        """Message-signalled vectors of the device or of what it sits on, else its one line."""
        for folder in [device, *device.parents][:_DEEPEST]:
            vectors = folder / "msi_irqs"
            if vectors.is_dir():
                return {int(path.name) for path in vectors.iterdir() if path.name.isdigit()}
            line = _first_number(folder / "irq")
            if line:
                return {line}
            if folder.name == "devices":
                break
        return set()

    def _by_alias(self, driver: str | None) -> set[int]:
        if driver is None:
            return set()
        aliases = (*ALIASES.get(driver, ()), driver)
        found = set()
        for folder in (self.sys / "kernel" / "irq").glob("[0-9]*"):
            if any(_names(action, aliases) for action in self._actions(int(folder.name))):
                found.add(int(folder.name))
        return found

    def _vector(self, irq: int) -> Vector:
        actions = self._actions(irq)
        return Vector(irq=irq, actions=actions, shared=len(actions) > 1)

    def _actions(self, irq: int) -> tuple[str, ...]:
        content = read_small(self.sys / "kernel" / "irq" / str(irq) / "actions", LARGEST_BYTES)
        text = (content or b"").decode("utf-8", "replace").strip()
        return tuple(text.split(",")) if text else ()


def _names(action: str, aliases: Sequence[str]) -> bool:
    """Whether an interrupt's name is an alias, alone or followed by a number or a separator."""
    return any(re.match(rf"{re.escape(alias)}(?![a-z])", action) for alias in aliases)


def _number(target: str) -> str:
    if not target.isdigit():
        raise DriverError(f"{target!r} is no interrupt")
    return target


def _first_number(path: Path) -> int | None:
    content = read_small(path, 4096)
    word = (content or b"").strip()
    return int(word) if word.isdigit() else None
