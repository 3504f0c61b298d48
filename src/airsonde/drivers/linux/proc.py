"""Processor time, packets and datagrams as /proc and /sys count them, from files kept open."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from airsonde.core.errors import DriverError, UnsupportedError

_COUNTERS = ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuTime:
    """Jiffies of all processors together since boot; idle counts waiting for disks."""

    busy: int
    idle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    rx_packets: int
    tx_packets: int
    rx_bytes: int
    tx_bytes: int


class CpuMeter:
    """The first line of /proc/stat, kept open."""

    def __init__(self, path: Path = Path("/proc/stat")) -> None:
        self._fd = _opened(path)

    def read(self) -> CpuTime:
        """Raises DriverError where the file is none of its kind."""
        line = os.pread(self._fd, 512, 0).split(b"\n")[0].split()
        try:
            # user nice system idle iowait irq softirq steal; guest time is within user
            numbers = [int(field) for field in line[1:9]]
            idle = numbers[3] + numbers[4]
        except (ValueError, IndexError) as e:
            raise DriverError("/proc/stat does not begin with the processors' times") from e
        return CpuTime(busy=sum(numbers) - idle, idle=idle)

    def close(self) -> None:
        os.close(self._fd)


class PacketMeter:
    """The counters of one interface, kept open; they outlive a rename."""

    def __init__(self, fds: dict[str, int], name: str) -> None:
        self._fds = fds
        self._name = name

    @classmethod
    def open(cls, name: str, root: Path = Path("/sys/class/net")) -> Self:
        """Raises UnsupportedError where there is no such interface."""
        fds: dict[str, int] = {}
        try:
            for counter in _COUNTERS:
                fds[counter] = _opened(root / name / "statistics" / counter)
        except DriverError:
            _close_all(fds)
            raise
        return cls(fds, name)

    def read(self) -> Counters:
        """Raises UnsupportedError where the interface was unplugged."""
        try:
            return Counters(**{name: int(os.pread(fd, 32, 0)) for name, fd in self._fds.items()})
        except OSError as e:
            raise UnsupportedError(f"interface {self._name} is gone") from e
        except ValueError as e:
            raise DriverError(f"{self._name} counts no numbers") from e

    def close(self) -> None:
        _close_all(self._fds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagrams:
    """UDP datagrams of this host since boot, IPv4 and IPv6 together."""

    received: int
    sent: int


class DatagramMeter:
    """/proc/net/snmp and snmp6, kept open; a kernel without IPv6 has the first alone."""

    def __init__(self, root: Path = Path("/proc/net")) -> None:
        self._fds = [_opened(root / "snmp")]
        if (root / "snmp6").exists():
            self._fds.append(_opened(root / "snmp6"))

    def read(self) -> Datagrams:
        """Raises DriverError where the files are none of their kind."""
        words = b"".join(os.pread(fd, 16384, 0) for fd in self._fds).split(b"\n")
        try:
            names, values = (line.split() for line in words if line.startswith(b"Udp: "))
            told = dict(zip(names, values, strict=True))
            told |= {line.split()[0]: line.split()[1] for line in words if line[:4] == b"Udp6"}
            return Datagrams(
                received=int(told[b"InDatagrams"]) + int(told.get(b"Udp6InDatagrams", 0)),
                sent=int(told[b"OutDatagrams"]) + int(told.get(b"Udp6OutDatagrams", 0)),
            )
        except (ValueError, KeyError, IndexError) as e:
            raise DriverError("/proc/net/snmp does not count datagrams") from e

    def close(self) -> None:
        for fd in self._fds:
            os.close(fd)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UnsupportedError(f"{path} does not exist") from None
    except OSError as e:
        raise DriverError(f"cannot open {path}: {e.strerror}") from e


def _close_all(fds: dict[str, int]) -> None:
    for fd in fds.values():
        os.close(fd)
