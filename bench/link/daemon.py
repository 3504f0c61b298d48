"""What the daemon costs while it runs: memory, processor, wake-ups, children, reaction.

Measured on the process itself in a network namespace: a veth pair called wlan0, NetworkManager's
double on a private bus, the shipped tick of 2 s. SECONDS sets how long each state lasts.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.table import Row

_TICKS_HZ = os.sysconf("SC_CLK_TCK")
_SETTLE_S = 10.0
_SEND = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(bytes(1200), ("10.9.0.1", 9))
    time.sleep(1200 * 8 / 5e6)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """`children_faults` are the page faults of children that ended meanwhile: 0 without any."""

    rss_mb: float
    cpu_percent: float
    wakeups_per_s: float
    children_faults: int


def rows() -> list[Row]:
    from tests.apps.governor.governed import governed_host

    seconds = float(os.environ.get("SECONDS", "60"))
    with tempfile.TemporaryDirectory() as folder, governed_host(Path(folder)) as host:
        host.config.write_text(host.config.read_text().replace("tick_s = 0.5\n", ""))
        host.governs()
        time.sleep(_SETTLE_S)
        idle = _cost(host.daemon.pid, seconds)
        reaction_ms = statistics.median(_reaction_ms(host, number) for number in range(15))
        with _traffic(host):
            time.sleep(_SETTLE_S / 2)
            busy = _cost(host.daemon.pid, seconds)
    return [
        Row("resident memory (MB)", f"{busy.rss_mb:.1f}", "", busy.rss_mb, at_most=45),
        Row("CPU idle (% of a core)", f"{idle.cpu_percent:.2f}", "", idle.cpu_percent, at_most=0.2),
        Row("CPU at 5 Mbit/s (%)", f"{busy.cpu_percent:.2f}", "", busy.cpu_percent, at_most=0.5),
        Row("wake-ups/s idle", f"{idle.wakeups_per_s:.2f}", "", idle.wakeups_per_s, at_most=2),
        Row("children", f"{busy.children_faults} faults", "", busy.children_faults, at_most=0),
        Row("event to decision (ms)", f"{reaction_ms:.1f}", "", reaction_ms, at_most=50),
    ]


def _cost(pid: int, seconds: float) -> Cost:
    cpu, switches, faults = _cpu_s(pid), _switches(pid), int(_stat(pid)[8])
    time.sleep(seconds)
    status = Path(f"/proc/{pid}/status").read_text()
    return Cost(
        rss_mb=int(status.split("VmRSS:")[1].split()[0]) / 1024,
        cpu_percent=100 * (_cpu_s(pid) - cpu) / seconds,
        wakeups_per_s=(_switches(pid) - switches) / seconds,
        children_faults=int(_stat(pid)[8]) - faults,
    )


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat behind the name, the state first (proc(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS_HZ


def _switches(pid: int) -> int:
    """Times any thread of the process went to sleep by itself, which is how often one woke."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        text = (task / "status").read_text()
        total += int(text.split("\nvoluntary_ctxt_switches:")[1].split()[0])
    return total


def _reaction_ms(host: Any, number: int) -> float:
    """From a signal of NetworkManager to the decision about it, as the daemon's clock says."""
    began_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    kbit_s = 6_000 + 1000 * number
    host.doubles.change(lambda nm: nm.wireless.emit_properties_changed({"Bitrate": kbit_s}))
    seen = host.until(
        lambda: (w := host.status()["interfaces"]["wlan0"])["bitrate_mbit"] == kbit_s / 1000 and w
    )
    return (int(seen["t_ns"]) - began_ns) / 1e6


@contextmanager
def _traffic(host: Any) -> Iterator[None]:
    """5 Mbit/s of datagrams out of wlan0."""
    ip = ["ip", "-n", host.namespace]
    for words in (
        ["addr", "add", "10.9.0.2/24", "dev", "wlan0"],
        ["neigh", "add", "10.9.0.1", "lladdr", "02:00:00:00:00:99", "dev", "wlan0"],
    ):
        subprocess.run([*ip, *words], check=True)
    sender = subprocess.Popen(["ip", "netns", "exec", host.namespace, sys.executable, "-c", _SEND])
    try:
        yield
    finally:
        sender.kill()
        sender.wait()
