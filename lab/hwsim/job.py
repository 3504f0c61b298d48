"""A command that runs in the guest; its output and exit status come back as files of the share."""

import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.hwsim.agent import start_process
from lab.hwsim.place import LabError

_POLL_S = 0.05
_GRACE_S = 10.0
_GUEST_SHARE = "/share"

# The status file appears whole, after the output.
_WRAPPER = """\
export HOME=/root LANG=C.UTF-8
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /share
bash {job}/command >{job}/output 2>&1 </dev/null
echo $? >{job}/status.part
mv {job}/status.part {job}/status
"""


class LabTimeoutError(LabError):
    """A command in the guest did not end in its time; it has been ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    status: int
    output: str


class Job:
    """One command in a session of its own, so that all of it can be ended at once."""

    def __init__(self, socket_path: Path, share: Path, command: str) -> None:
        self._socket_path = socket_path
        self.command = command
        self._folder = share / ".jobs" / uuid.uuid4().hex[:12]
        self._folder.mkdir(parents=True)
        inside = f"{_GUEST_SHARE}/.jobs/{self._folder.name}"
        (self._folder / "command").write_text(command)
        (self._folder / "wrapper").write_text(_WRAPPER.format(job=inside))
        self._pid = start_process(socket_path, "/usr/bin/setsid", "/bin/bash", f"{inside}/wrapper")

    @property
    def running(self) -> bool:
        return not (self._folder / "status").exists()

    def output(self) -> str:
        """What the command has printed so far."""
        try:
            return (self._folder / "output").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait(self, limit_s: float, alive: Callable[[], bool], *, live: bool = False) -> Done:
        """Wait for the end, printing output as it comes if `live`.

        `alive` says whether the machine still runs. Raises LabTimeoutError after `limit_s`,
        LabError when the machine stops.
        """
        end, shown = time.monotonic() + limit_s, 0
        while self.running:
            if live:
                shown = self._show(shown)
            if time.monotonic() > end:
                self.kill()
                raise LabTimeoutError(f"over {limit_s:.0f} s: {self.command}\n{self.output()}")
            if not alive():
                raise LabError(f"the machine stopped during: {self.command}\n{self.output()}")
            time.sleep(_POLL_S)
        if live:
            self._show(shown)
        done = Done(status=int((self._folder / "status").read_text()), output=self.output())
        shutil.rmtree(self._folder)
        return done

    def kill(self) -> None:
        """End the command and everything it started."""
        end = f"kill -TERM -- -{self._pid}; sleep {_GRACE_S}; kill -KILL -- -{self._pid}"
        start_process(self._socket_path, "/bin/bash", "-c", end)

    def _show(self, shown: int) -> int:
        text = self.output()
        print(text[shown:], end="", flush=True)
        return len(text)
