"""Latency under load with a bottleneck that changes, on real queues in the virtual machine.

    python -m bench.bloat steps|lte|wifi ... [--runs 5] [--against none,cake85,oracle500]
                          [--plug NAME=COMMAND ...]

Medians of interleaved runs, delay read together with throughput: a rate far too low looks perfect.
The machine that is booted for it counts its time in instructions (LAB_ACCEL=icount), so a busy host
makes a run longer, not worse; CPU seconds are those of a processor of 10^9 instructions a second.
"""

import argparse
import json
import os
import shlex
import shutil
import statistics
import sys
from collections import defaultdict
from itertools import product
from typing import Any

from bench.bloat.promised import rows
from bench.table import print_table
from lab.hwsim.guest import VENV, Guest
from lab.hwsim.place import ROOT, LabError
from lab.hwsim.vm import Machine

OURS = "airsonde"
_DAEMON = f"{VENV}/bin/python -m bench.bloat.plug"
_TRIAL = "python3 -m bench.bloat.trial"
_LIMIT_S = 2400.0  # a minute in the guest, whose host may be busy

Trial = dict[str, Any]


def main() -> None:
    arguments = _arguments()
    contenders = {OURS: _DAEMON} | dict.fromkeys(filter(None, arguments.against.split(",")), "")
    contenders |= dict(plug.split("=", 1) for plug in arguments.plug)
    for scene, trials in _measured(arguments.scene, contenders, arguments.runs).items():
        medians = {name: _median(done) for name, done in trials.items()}
        print_table(f"{scene}: medians of {arguments.runs} runs", rows(scene, OURS, medians))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.bloat")
    parser.add_argument("scene", nargs="+", choices=("steps", "lte", "wifi"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--against", default="none,cake85,oracle500")
    parser.add_argument("--plug", action="append", default=[], metavar="NAME=COMMAND")
    return parser.parse_args()


def _measured(
    scenes: list[str], contenders: dict[str, str], runs: int
) -> dict[str, dict[str, list[Trial]]]:
    machine = Machine()
    started_by_hand = machine.running
    if not started_by_hand:
        os.environ |= {"LAB_ACCEL": "icount", "LAB_CPUS": "1"}
        machine.start()
    try:
        guest = Guest(machine)
        machine.bring_scripts()
        guest.install()
        shutil.copytree(ROOT / "bench", machine.share / "bench", dirs_exist_ok=True)
        return _interleaved(guest, scenes, contenders, runs)
    finally:
        if not started_by_hand:
            machine.stop()


def _interleaved(
    guest: Guest, scenes: list[str], contenders: dict[str, str], runs: int
) -> dict[str, dict[str, list[Trial]]]:
    """Every contender in every scene, then all of them again: trials by scene and contender."""
    done: dict[str, dict[str, list[Trial]]] = {scene: defaultdict(list) for scene in scenes}
    for _, scene, (name, command) in product(range(runs), scenes, contenders.items()):
        words = shlex.join((scene, name, command))
        printed = guest.sh(f"{_TRIAL} {words}", limit_s=_LIMIT_S)
        trial = json.loads(printed.splitlines()[-1])
        done[scene][name].append(trial)
        print(scene, name, json.dumps(trial), file=sys.stderr, flush=True)
    return done


def _median(trials: list[Trial]) -> Trial:
    """Of every figure; None (never settled) counts as longer than any time."""
    return {key: statistics.median(_number(trial[key]) for trial in trials) for key in trials[0]}


def _number(figure: float | None) -> float:
    return float("inf") if figure is None else figure


if __name__ == "__main__":
    try:
        main()
    except LabError as e:
        sys.exit(f"bench: {e}")
