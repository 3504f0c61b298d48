"""Run one piece of work in a fresh interpreter and read off CPU time and memory."""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass

_FRAME = """
import json, os, sys, time
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
path = sys.argv[1]
{setup}
begin = time.process_time()
{work}
cpu = time.process_time() - begin
status = open("/proc/self/status").read()
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({{"count": int(count), "cpu_s": cpu, "peak_mb": peak}}))
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Python text; `work` leaves the number of frames it did in `count`."""

    setup: str
    work: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Frames, CPU seconds (median of the runs) and peak resident memory of the process."""

    count: int
    cpu_s: float
    peak_mb: float

    @property
    def per_s(self) -> float:
        return self.count / self.cpu_s


def once(work: Work, path: object) -> Figures:
    """One run."""
    script = _FRAME.format(setup=work.setup, work=work.work)
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"a benchmark failed:\n{done.stderr}")
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def in_turn(one: Work, other: Work, path: object, runs: int = 5) -> tuple[Figures, Figures]:
    """Both, run in turn, so that a machine that slows down slows both."""
    pairs = [(once(one, path), once(other, path)) for _ in range(runs)]
    return typical([a for a, _ in pairs]), typical([b for _, b in pairs])


def typical(runs: list[Figures]) -> Figures:
    """The median of the times, the most of the memory."""
    return Figures(
        count=runs[0].count,
        cpu_s=statistics.median(r.cpu_s for r in runs),
        peak_mb=max(r.peak_mb for r in runs),
    )
