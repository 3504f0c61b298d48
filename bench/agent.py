"""The agent under load: its start, ten radios and a dashboard, many clients of which some stall.

The agent runs in a process of its own and is asked over its API, as everyone asks it.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import numpy as np

from bench.agent_clients import Heard, listen, send, stall
from bench.crowd import SETTLE_S, gather, listening
from bench.table import Row

SOURCES: Final = 10
RATE_HZ: Final = 100.0
SECONDS: Final = 45.0
CLIENTS: Final = 200
STALLED: Final = 5
_FIRST_PORT: Final = 16_100
_DASHBOARD: Final = ["events", "windows", "rooms", "sources", "status", "csi"]


@dataclass(frozen=True, slots=True)
class Agent:
    """One that runs, where, and after how long it answered."""

    pid: int
    port: int
    started_s: float
    folder: Path

    @property
    def token(self) -> str:
        return (self.folder / "airsonde" / "write-token").read_text().strip()

    @property
    def stream(self) -> str:
        return f"ws://127.0.0.1:{self.port}/api/v1/stream"

    def get(self, path: str) -> dict[str, Any]:
        with urlopen(f"http://127.0.0.1:{self.port}/api/v1{path}") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def waited_s(self) -> float:
        """How long its main thread was ready while others had the cores (sched-stats.rst)."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def resident_mb(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def running(toml: str) -> Iterator[Agent]:
    """An agent that answers."""
    with tempfile.TemporaryDirectory() as folder:
        config, log = Path(folder) / "agent.toml", Path(folder) / "log"
        config.write_text(toml)
        begin = time.perf_counter()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "airsonde", "run", config, "--port", "0"],
                stdout=out,
                stderr=out,
                env=os.environ | {"XDG_STATE_HOME": folder},
            )
        try:
            agent = Agent(process.pid, _port(log), 0.0, Path(folder))
            agent.get("/health")
            yield replace(agent, started_s=time.perf_counter() - begin)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _port(log: Path) -> int:
    for _ in range(1000):
        if found := re.search(r"url=\S+:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.005)
    raise SystemExit(log.read_text())


def start() -> list[Row]:
    toml = f'[sources.radio]\nkind = "udp"\nfamily = "esp32"\nport = {_FIRST_PORT}\n'
    with running(toml) as agent:
        waited = f"of which it waited {agent.waited_s():.2f} s for a core"
        asyncio.run(send([_FIRST_PORT], RATE_HZ, 10.0))
        resident_mb = agent.resident_mb()
    return [
        Row("start until it answers (s)", waited, ratio=agent.started_s, at_most=1.0),
        Row("resident with one source (MB)", "", ratio=resident_mb, at_most=90.0),
    ]


def ten_radios() -> list[Row]:
    ports = [_FIRST_PORT + n for n in range(SOURCES)]
    source = '[sources.radio{}]\nkind = "udp"\nfamily = "esp32"\nport = {}\n'
    toml = "".join(source.format(n, port) for n, port in enumerate(ports))
    heard = Heard()
    with running(toml + "[agent.privacy]\nraw_on_wire = true\n") as agent:
        before_s, waited_s = agent.cpu_s(), agent.waited_s()
        asyncio.run(_with_dashboard(agent, ports, heard))
        share = (agent.cpu_s() - before_s) / SECONDS
        waited = (agent.waited_s() - waited_s) / SECONDS
        resident_mb = agent.resident_mb()
        frames = sum(s["frames"] for s in agent.get("/sources")["items"])
    sent = round(SOURCES * RATE_HZ * SECONDS)
    load = f"{frames} of {sent} frames, {heard.row_bytes / 1e6:.0f} MB of rows to the dashboard"
    p95_ms = float(np.percentile(heard.since_end_ms, 95))
    half_ms = float(np.median(heard.since_end_ms))
    return [
        Row("10 x 100 Hz x 64 subcarriers: share of a core", load, ratio=share, at_most=0.6),
        Row("the same: resident (MB)", "", ratio=resident_mb, at_most=200.0),
        Row(
            "from the end of a window to the client, p95 (ms)",
            f"{len(heard.since_end_ms)} windows, median {half_ms:.0f} ms; the frame that ends one "
            "comes up to 10 ms later, frames are gathered for 20 ms; "
            f"the agent waited for a core for {waited:.0%} of the time",
            ratio=p95_ms,
            at_most=100.0,
        ),
    ]


async def _with_dashboard(agent: Agent, ports: list[int], heard: Heard) -> None:
    await asyncio.gather(
        listen(agent.stream, _DASHBOARD, SECONDS, heard), send(ports, RATE_HZ, SECONDS)
    )


def many_clients() -> list[Row]:
    """A simulated room ten times as fast as time concludes twenty windows a second."""
    with running('[sources.sim]\nkind = "simulator"\nspeed = 10.0\n') as agent:
        stalled = [stall(agent.port, ["windows", "csi"]) for _ in range(STALLED)]
        readers = [
            listening(agent.port, ["windows"], f"127.0.1.{number + 1}")
            for number in range(CLIENTS - STALLED)
        ]
        crowd = gather(readers, SECONDS, agent.waited_s)
        for sock in (*stalled, *readers):
            sock.close()
    delays_ms = crowd.delays_ms()
    worst_p95_ms = max(float(np.percentile(delays, 95)) for delays in delays_ms)
    longest_ms = max(ms for delays in delays_ms for ms in delays)
    median_ms = np.median([ms for delays in delays_ms for ms in delays])
    waited = (crowd.waits[-1][1] - crowd.waits[0][1]) / (SECONDS + SETTLE_S)
    figures = (
        f"{sum(map(len, delays_ms))} messages in {SECONDS:.0f} s, median {median_ms:.1f} ms, "
        f"{crowd.drops} drops; the agent waited for a core for {waited:.0%} of the time"
    )
    name = f"{CLIENTS} clients, {STALLED} stalled, 20/s"
    return [
        Row(f"{name}: slowest client's p95 delay (ms)", figures, ratio=worst_p95_ms, at_most=100.0),
        Row("the same: longest delay of any client (ms)", "", ratio=longest_ms, at_most=100.0),
        Row(
            "the same, less what the agent waited for a core (ms)",
            "",
            ratio=max(crowd.own_delays_ms()),
            at_most=100.0,
        ),
    ]


def rows() -> list[Row]:
    return [*start(), *ten_radios(), *many_clients()]
