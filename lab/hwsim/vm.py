"""The lab's virtual machine: every start is a fresh one, commands run in it, stop.

    python -m lab.hwsim.vm start              boot; returns when commands can run inside
    python -m lab.hwsim.vm exec [-t S] CMD    its output as it comes, its exit status
    python -m lab.hwsim.vm stop

LAB_DIR/run/share is /share inside. Environment: LAB_ACCEL=kvm|tcg (default tcg), LAB_CPUS,
LAB_MEMORY_MB.
"""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from lab.hwsim.agent import start_process
from lab.hwsim.image import Image, ensure_image
from lab.hwsim.job import Done, Job, LabTimeoutError
from lab.hwsim.place import ROOT, LabError, lab_dir

BOOT_LIMIT_S = 300.0
STOP_LIMIT_S = 30.0
EXIT_TIMEOUT = 124
EXIT_LAB = 125

_SOCKET_PATH_BYTES = 107  # sockaddr_un, unix(7)
_KERNEL = "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off audit=0"


class Machine:
    """One virtual machine in a folder. The image is never written to."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or lab_dir() / "run"
        self.share = self._folder / "share"
        self._socket = self._folder / "agent.sock"
        self._pid_file = self._folder / "qemu.pid"
        if len(os.fsencode(self._socket)) > _SOCKET_PATH_BYTES:
            raise LabError(f"{self._folder} is too long for a socket's path: set LAB_DIR")

    @property
    def running(self) -> bool:
        return self._pid() is not None

    def start(self) -> float:
        """Boot; answer the seconds until every boot job was done. Raises LabError."""
        if self.running:
            raise LabError("the machine runs already; stop it: python -m lab.hwsim.vm stop")
        image = ensure_image()
        shutil.rmtree(self.share, ignore_errors=True)
        self.bring_scripts()
        self._socket.unlink(missing_ok=True)
        begin = time.monotonic()
        done = subprocess.run(self._qemu(image), capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"QEMU did not start:\n{done.stderr[-2000:]}")
        try:
            self._await_agent(begin + BOOT_LIMIT_S)
            self.run("systemctl is-system-running --wait", limit_s=BOOT_LIMIT_S)
        except BaseException:
            self.stop()
            raise
        return time.monotonic() - begin

    def bring_scripts(self) -> None:
        """Put this checkout's scripts for the inside into the share."""
        shutil.copytree(ROOT / "lab", self.share / "lab", dirs_exist_ok=True)

    def spawn(self, command: str) -> Job:
        """Start a bash command and return at once."""
        return Job(self._socket, self.share, command)

    def run(self, command: str, *, limit_s: float = 120.0, live: bool = False) -> Done:
        """Run a bash command to its end; raises LabError, LabTimeoutError."""
        return self.wait(self.spawn(command), limit_s=limit_s, live=live)

    def wait(self, job: Job, *, limit_s: float = 120.0, live: bool = False) -> Done:
        """Wait for a command that was spawned."""
        return job.wait(limit_s, lambda: self.running, live=live)

    def stop(self) -> None:
        """Power off; kill where that takes too long."""
        if not self.running:
            return
        end = time.monotonic() + STOP_LIMIT_S
        try:
            start_process(self._socket, "/usr/bin/systemctl", "--no-block", "poweroff", limit_s=5)
        except OSError:
            end = 0.0
        while self._pid() is not None and time.monotonic() < end:
            time.sleep(0.1)
        pid = self._pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)

    def _pid(self) -> int | None:
        """The process of this folder's machine; None for another one that took its number."""
        try:
            pid = int(self._pid_file.read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self._pid_file) in words else None

    def _await_agent(self, end: float) -> None:
        while True:
            try:
                start_process(self._socket, "/bin/true", limit_s=5)
            except OSError as e:
                if not self.running or time.monotonic() > end:
                    raise LabError(f"the guest does not answer; {self._console()}") from e
                time.sleep(0.5)
            else:
                return

    def _console(self) -> str:
        try:
            text = (self._folder / "console.log").read_text(errors="replace")
        except OSError:
            return "there is no console output"
        return f"its console ends:\n{text[-1500:]}"

    def _qemu(self, image: Image) -> list[str]:
        """QEMU's command line; with `restrict` the guest reaches nothing outside itself."""
        return [
            *("qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot", "-daemonize"),
            *("-pidfile", str(self._pid_file), "-D", str(self._folder / "qemu.log")),
            *("-machine", "q35", *_processor()),
            *(
                "-smp",
                os.environ.get("LAB_CPUS", "2"),
                "-m",
                os.environ.get("LAB_MEMORY_MB", "1024"),
            ),
            *("-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append", _KERNEL),
            *("-drive", f"file={image.disk},if=virtio,format=raw,snapshot=on"),
            *("-fsdev", f"local,id=s,path={self.share},security_model=none,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=s,mount_tag=share"),
            *("-netdev", "user,id=n0,restrict=on", "-device", "virtio-net-pci,netdev=n0"),
            *("-device", "virtio-rng-pci", "-device", "virtio-serial-pci"),
            *("-chardev", f"socket,id=q,path={self._socket},server=on,wait=off"),
            *("-device", "virtserialport,chardev=q,name=org.qemu.guest_agent.0"),
            *("-serial", f"file:{self._folder}/console.log"),
        ]


def _processor() -> tuple[str, ...]:
    """Emulation is the default: /dev/kvm exists on hosts where it does not work.

    With `icount` the guest's clock counts its instructions, one each ns, and skips what it would
    idle: time in it does not depend on how busy this host is.
    """
    match os.environ.get("LAB_ACCEL", "tcg"):
        case "kvm":
            return ("-accel", "kvm", "-cpu", "host")
        case "icount":
            return (
                *("-accel", "tcg,thread=single,tb-size=256", "-cpu", "max"),
                *("-icount", "shift=0,sleep=off", "-rtc", "clock=vm"),
            )
        case _:
            return ("-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.hwsim.vm")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("start", help="boot a fresh machine")
    execute = verbs.add_parser("exec", help="run a command in it")
    execute.add_argument("-t", type=float, default=3600.0, metavar="S", help="time limit")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    verbs.add_parser("stop", help="power it off")
    arguments = parser.parse_args()
    machine = Machine()
    match arguments.verb:
        case "start":
            print(f"ready after {machine.start():.0f} s")
        case "stop":
            machine.stop()
        case _:
            words = arguments.command
            command = words[0] if len(words) == 1 else shlex.join(words)
            return machine.run(command, limit_s=arguments.t, live=True).status
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabTimeoutError as e:
        print(f"lab: {e}", file=sys.stderr)
        sys.exit(EXIT_TIMEOUT)
    except (LabError, OSError) as e:
        print(f"lab: {e}", file=sys.stderr)
        sys.exit(EXIT_LAB)
