"""An hour of an agent at twenty times the speed of its recordings: what grows, what leaks.

While it replays, a client listens to everything, others come and go, captures are begun, ended and
deleted, and the pages are asked.
"""

import argparse
import asyncio
import contextlib
import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np

from bench.agent import Agent, running
from bench.agent_clients import Heard, listen
from bench.inputs import recording
from bench.table import Row, print_table

WARM_SHARE: Final = 1 / 3  # rings of windows and page caches fill for twenty minutes
GROWTH_MB_PER_H: Final = 1.0
_SAMPLE_S: Final = 5.0
_TOPICS: Final = [
    *("calibrations", "captures", "csi", "events", "rooms", "sources", "status", "windows"),
]
_ASKED: Final = ("/health", "/sources", "/lanes", "/windows?limit=500", "/events?limit=500")
_WALK: Final = "motion/fition_room1/walking_user1_rm1/walking_user1_rm1_1.pcap"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the process holds at one moment; `tasks` are those of its event loop."""

    at_s: float
    resident_mb: float
    tasks: int
    threads: int
    descriptors: int


def read(agent: Agent) -> Reading:
    """Ask the kernel, and the agent for its tasks."""
    process = Path(f"/proc/{agent.pid}")
    with urlopen(f"http://127.0.0.1:{agent.port}/metrics") as answer:
        text = answer.read().decode()
    tasks = re.search(r"^airsonde_tasks (\d+)$", text, re.MULTILINE)
    if tasks is None:
        raise SystemExit("the agent does not say how many tasks it has")
    return Reading(
        at_s=time.monotonic(),
        resident_mb=agent.resident_mb(),
        tasks=int(tasks[1]),
        threads=len(list((process / "task").iterdir())),
        descriptors=len(list((process / "fd").iterdir())),
    )


def configuration(speed: float) -> str:
    """A recording where there is one, a simulated room, and RF memory."""
    toml = f'[memory]\nenabled = true\n[sources.sim]\nkind = "simulator"\nspeed = {speed}\n'
    if path := recording(_WALK):
        toml += f'[sources.walk]\nkind = "replay"\ncapture = "{path}"\nspeed = {speed}\n'
    return toml


async def soak(agent: Agent, seconds: float, heard: Heard) -> list[Reading]:
    """Readings at the quiet moment of each round, when but one client listens.

    The first is that before the first round.
    """
    async with asyncio.TaskGroup() as group:
        group.create_task(listen(agent.stream, _TOPICS, seconds + 2 * _SAMPLE_S, heard))
        await asyncio.sleep(_SAMPLE_S)
        readings = [await asyncio.to_thread(read, agent)]
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            await _come_and_go(agent)
            await asyncio.sleep(_SAMPLE_S)
            readings.append(await asyncio.to_thread(read, agent))
            print(readings[-1], file=sys.stderr, flush=True)
    return readings


async def _come_and_go(agent: Agent) -> None:
    """A second client for a second, every page, a capture from its beginning to its end."""
    await listen(agent.stream, _TOPICS, 1.0, Heard())
    for path in _ASKED:
        await asyncio.to_thread(agent.get, path)
    await asyncio.to_thread(_record, agent)


def _record(agent: Agent) -> None:
    begun = _write(agent, "POST", "/captures", {"source_id": "sim"})
    time.sleep(0.5)
    path = f"/captures/{begun['capture_id']}"
    with contextlib.suppress(HTTPError):  # the simulation began anew and ended it
        _write(agent, "POST", path + "/stop")
    _write(agent, "DELETE", path)


def _write(agent: Agent, method: str, path: str, body: object = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {agent.token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    url = f"http://127.0.0.1:{agent.port}/api/v1{path}"
    with urlopen(Request(url, data, headers, method=method)) as answer:
        found: dict[str, Any] = json.loads(answer.read() or "{}")
    return found


def growth_mb_per_h(readings: list[Reading]) -> float:
    """The slope of a straight line through the resident memory after the warm-up."""
    first, last = readings[0].at_s, readings[-1].at_s
    warm = [r for r in readings if r.at_s >= first + WARM_SHARE * (last - first)]
    slope, _ = np.polyfit([r.at_s / 3600 for r in warm], [r.resident_mb for r in warm], 1)
    return float(slope)


def rows(minutes: float, speed: float) -> list[Row]:
    heard = Heard()
    with running(configuration(speed)) as agent:
        begin_s = agent.cpu_s()
        readings = asyncio.run(soak(agent, minutes * 60, heard))
        share = (agent.cpu_s() - begin_s) / (minutes * 60)
        frames = sum(s["frames"] for s in agent.get("/sources")["items"])
    first, last = readings[1], readings[-1]
    load = (
        f"{minutes:g} min at {speed:g}x, {frames} frames, {len(heard.since_told_ms)} windows told, "
        f"{share:.0%} of a core, {first.resident_mb:.1f} MB at first, {last.resident_mb:.1f} at "
        f"last, at most {max(r.resident_mb for r in readings):.1f}"
    )
    leaks = [
        Row(
            f"{name}: more at the end than at the beginning",
            f"{begin} and {end}",
            ratio=end - begin,
            at_most=0,
        )
        for name, begin, end in (
            ("tasks", first.tasks, last.tasks),
            ("threads", first.threads, last.threads),
            ("descriptors", first.descriptors, last.descriptors),
        )
    ]
    slope = growth_mb_per_h(readings)
    growth = Row("growth of memory (MB/h)", load, ratio=slope, at_most=GROWTH_MB_PER_H)
    return [growth, *leaks]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench agent-soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--speed", type=float, default=20.0)
    chosen = parser.parse_args(arguments)
    print_table("The agent for a long time", rows(chosen.minutes, chosen.speed))
