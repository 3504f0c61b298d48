"""What a test says to the guest: run this, wait for that, call this function, move that radio."""

import inspect
import json
import shlex
import textwrap
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.hwsim.job import Done, Job, LabTimeoutError
from lab.hwsim.place import LabError
from lab.hwsim.vm import Machine
from lab.hwsim.wheel import EXTRAS, make_wheels

VENV = "/opt/airsonde"

_RADIOS = "python3 -m lab.hwsim.inside.radios"
_UNITS = "/run/systemd/system"
_SNAPSHOT = "python3 -m lab.hwsim.inside.snapshot"
_SLOWEST = 20.0  # how many times as long as the guest's clock says emulation may take
_CALL = """
import asyncio as _asyncio, inspect as _inspect, json as _json, sys as _sys
_result = {name}(*_json.loads(_sys.argv[1]))
if _inspect.iscoroutine(_result):
    _result = _asyncio.run(_result)
print(_json.dumps(_result))
"""


class GuestError(LabError):
    """A command that a test relied on failed in the guest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluggedRadio:
    number: int
    ifname: str


class Guest:
    """A running machine with the simulated radios and with airsonde installed."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def prepare(self) -> None:
        """Bring in the lab's scripts and the wheel of this checkout, switch the radios on."""
        self.machine.bring_scripts()
        self.sh(f"test -e /run/hwsim/iperf3.pid || {_RADIOS} up")
        self.install()

    def install(self) -> None:
        """Install the wheel of this checkout."""
        make_wheels(self.machine.share / "wheels")
        self.sh(f"test -x {VENV}/bin/pip || python3 -m venv {VENV}", limit_s=300)
        self.sh(f"{VENV}/bin/pip uninstall --quiet --yes airsonde")
        self.sh(
            f"{VENV}/bin/pip install --quiet --no-index --no-compile --find-links wheels "
            f"'airsonde[{EXTRAS}]'",
            limit_s=300,
        )

    def run(self, command: str, *, limit_s: float = 120.0) -> Done:
        """Status and output of a bash command, whatever the status is."""
        return self.machine.run(command, limit_s=limit_s)

    def sh(self, command: str, *, limit_s: float = 120.0) -> str:
        """What a bash command printed; raises GuestError when its status is not 0."""
        return _output(command, self.run(command, limit_s=limit_s))

    def rows(self, command: str) -> Any:
        """What a command printed as JSON."""
        return json.loads(self.sh(command))

    def spawn(self, command: str) -> Job:
        """Start a command that goes on while the test does other things."""
        return self.machine.spawn(command)

    def finish(self, job: Job, *, limit_s: float = 120.0) -> str:
        """What a spawned command printed in the end; raises GuestError."""
        return _output(job.command, self.machine.wait(job, limit_s=limit_s))

    def until(self, condition: str, *, limit_s: float = 60.0) -> None:
        """Wait for a bash condition; LabTimeoutError after `limit_s` of the guest's clock."""
        loop = f"until {condition}; do (( SECONDS < {limit_s:.0f} )) || exit 1; sleep 0.5; done"
        done = self.run(loop, limit_s=_SLOWEST * limit_s)
        if done.status:
            raise LabTimeoutError(f"not within {limit_s:.0f} s: {condition}\n{done.output}")

    def call(self, function: Callable[..., Any], *arguments: object, limit_s: float = 120.0) -> Any:
        """Run a function of the test in the guest, with the installed airsonde's Python.

        The function's source is sent: it imports what it needs, takes and returns JSON values, and
        may be a coroutine function.
        """
        source = textwrap.dedent(inspect.getsource(function)) + _CALL.format(name=function.__name__)
        name = f"calls/{uuid.uuid4().hex[:12]}.py"
        (self.machine.share / "calls").mkdir(exist_ok=True)
        (self.machine.share / name).write_text(source)
        words = [f"{VENV}/bin/python", name, json.dumps(arguments)]
        return json.loads(self.sh(shlex.join(words), limit_s=limit_s).splitlines()[-1])

    def air(self, command: str) -> str:
        """Run a command where the access points are."""
        return self.sh(f"ip netns exec air {command}")

    def start_unit(self, name: str, script: str, settings: str) -> None:
        """Run a bash script as a systemd service until the next boot or `remove_unit`."""
        scripts = self.machine.share / "units"
        scripts.mkdir(exist_ok=True)
        (scripts / name).write_text(script)
        unit = f"[Service]\n{textwrap.dedent(settings)}\nExecStart=/bin/bash /share/units/{name}\n"
        (scripts / f"{name}.service").write_text(unit)
        self.sh(f"cp units/{name}.service {_UNITS} && systemctl daemon-reload")
        self.sh(f"systemctl start {name}")

    def remove_unit(self, name: str) -> None:
        self.sh(f"systemctl stop {name}; rm {_UNITS}/{name}.service; systemctl daemon-reload")

    def plug(self) -> PluggedRadio:
        """One more radio for NetworkManager."""
        return PluggedRadio(**json.loads(self.radios("plug")))

    def unplug(self, radio: PluggedRadio) -> None:
        self.radios("unplug", radio.number)

    def radios(self, *words: object, limit_s: float = 120.0) -> str:
        """One command of `inside/radios.py`: signal, fade, stop, start, secret, backend."""
        return self.sh(f"{_RADIOS} {shlex.join(map(str, words))}", limit_s=limit_s)

    def snapshot(self) -> dict[str, dict[str, str]]:
        """How the host stands; compare two with `difference`."""
        snapshot: dict[str, dict[str, str]] = self.rows(_SNAPSHOT)
        return snapshot


def difference(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """One sentence for everything that two snapshots of a host do not agree on."""
    return [
        f"{section} {name}: {before[section].get(name)} -> {after[section].get(name)}"
        for section in before
        for name in sorted(before[section].keys() | after[section].keys())
        if before[section].get(name) != after[section].get(name)
    ]


def _output(command: str, done: Done) -> str:
    if done.status:
        raise GuestError(f"status {done.status}: {command}\n{done.output}")
    return done.output
