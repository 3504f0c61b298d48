"""One run in the guest: a contender on the host's queues, four flows each way, one script.

    python3 -m bench.bloat.trial SCENE CONTENDER [COMMAND]

CONTENDER is `none`, `cake85` (CAKE at 85 % of the first rate), `oracle500` (told the rate half a
second late) or any other name with the COMMAND of a daemon. The daemon runs in the host's
namespace; the environment names its interfaces (EGRESS, IFB), where CAKE stands at BASE_MBIT, the
MOST_MBIT a rate can be, and a file READY that it makes when it works. It is never told the rate.
Prints the figures as JSON.
"""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.bloat import network
from bench.bloat.figures import figures
from bench.link import bottleneck
from bench.link.bottleneck import Script

FLOWS = 4
BASE_MBIT, MOST_MBIT = 20, 80

_SCENES = {"steps": bottleneck.steps, "lte": bottleneck.lte, "wifi": bottleneck.wifi}
_GROUP = Path("/sys/fs/cgroup/bloat")
_READY_LIMIT_S, _QUIET_S, _STOP_S = 20.0, 4.0, 10.0
_PORTS = {"up": ("5201", ()), "down": ("5202", ("-R",))}


def main(scene: str, contender: str, command: str = "") -> None:
    script, seconds = _SCENES[scene]()
    network.prepare()
    network.build(script[0][1])
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(_trial(Path(folder), contender, command, (script, seconds))))


def _trial(
    folder: Path, contender: str, command: str, scene: tuple[Script, float]
) -> dict[str, Any]:
    script, seconds = scene
    _first_queues(contender, script[0][1])
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        enter(_instrument("S", "echo"))
        enter(_instrument("H", "qdiscs", str(folder / "qdiscs")))
        enter(_instrument("H", "probe", str(folder / "probe")))
        for port, _ in _PORTS.values():
            enter(_process(*network.inside("S"), "iperf3", "-s", "-p", port))
        if command:
            enter(_daemon(command, folder / "ready"))
        time.sleep(_QUIET_S)
        start_s = time.time() + 1
        told = json.dumps([start_s, seconds, list(script)])
        enter(_instrument("B", "bottleneck", str(folder / "passed"), given=told))
        if contender.startswith("oracle"):
            enter(_instrument("H", "oracle", given=told))
        time.sleep(max(0.0, start_s - time.time()))
        for port, options in _PORTS.values():
            load = ("iperf3", "-c", network.SERVER, "-p", port, "-P", str(FLOWS), *options)
            enter(_process(*network.inside("H"), *load, "-t", str(seconds + 10), "-i", "0"))
        cpu_s = _cpu_s()
        time.sleep(max(0.0, start_s + seconds - time.time()))
        cpu_s = _cpu_s() - cpu_s
        _await(folder / "passed", _STOP_S)
    return {"cpu_s": cpu_s, **_told(folder, start_s, scene)}


def _told(folder: Path, start_s: float, scene: tuple[Script, float]) -> dict[str, Any]:
    probes, passed, times = (_read(folder / name) for name in ("probe", "passed", "qdiscs"))
    delays = [(t_s - start_s, None if up is None else up + down) for t_s, up, down in probes]
    changes = sum(0 <= t_s - start_s < scene[1] for t_s in times)
    return {"changes": changes, **asdict(figures(*scene, delays, passed))}


def _first_queues(contender: str, first_mbit: float) -> None:
    match contender:
        case "none":
            pass
        case "cake85":
            network.shape(0.85 * first_mbit)
        case "oracle500":
            network.shape(0.95 * first_mbit)
        case _:
            network.shape(BASE_MBIT)


@contextlib.contextmanager
def _instrument(namespace: str, *words: str, given: str | None = None) -> Iterator[None]:
    module = (sys.executable, "-m", "bench.bloat.instruments", *words)
    with _process(*network.inside(namespace), *module, given=given):
        yield


@contextlib.contextmanager
def _process(*words: str, given: str | None = None) -> Iterator[None]:
    """A process for as long as the block lasts."""
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        if process.stdin is not None:
            process.stdin.write(given or "")
            process.stdin.close()
        yield
    finally:
        process.terminate()
        process.wait(_STOP_S)


@contextlib.contextmanager
def _daemon(command: str, ready: Path) -> Iterator[None]:
    """The contender in a control group of its own, which counts what it and its children use."""
    _GROUP.mkdir(exist_ok=True)
    settings = {"EGRESS": network.EGRESS, "IFB": network.IFB, "READY": str(ready)}
    settings |= {"BASE_MBIT": str(BASE_MBIT), "MOST_MBIT": str(MOST_MBIT)}
    entered = shlex.join((*network.inside("H"), "sh", "-c", f"exec {command}"))
    process = subprocess.Popen(
        ("sh", "-c", f"echo $$ >{_GROUP}/cgroup.procs; exec {entered}"),
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        _await(ready, _READY_LIMIT_S)
        yield
        if process.poll() is not None:
            raise RuntimeError(f"the contender ended with {process.returncode}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(_STOP_S)


def _await(path: Path, limit_s: float) -> None:
    end_s = time.time() + limit_s
    while not path.exists() and time.time() < end_s:
        time.sleep(0.1)


def _cpu_s() -> float:
    """CPU seconds that the contender has used."""
    try:
        return int((_GROUP / "cpu.stat").read_text().split()[1]) / 1e6
    except FileNotFoundError:
        return 0.0


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


if __name__ == "__main__":
    main(*sys.argv[1:])
