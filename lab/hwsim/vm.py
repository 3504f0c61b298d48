"""The virtual machine: boot it fresh, run commands in it, stop it; its image stays as built."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from lab.hwsim.agent import Agent, AgentError

_KERNEL = "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off audit=0"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BOOT_S = 300.0
_STOP_S = 25.0
TIME_LIMIT = 124


class LabError(Exception):
    """The laboratory itself failed, not what ran in it."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine in `folder`, which holds its image; `folder`/share is /share inside."""

    folder: Path
    memory_mb: int = 1024
    processors: int = 2

    @property
    def share(self) -> Path:
        return self.folder / "share"

    def start(self) -> None:
        """Boot, and return when every boot job is done. Raises LabError."""
        if self._pid() is not None:
            raise LabError(f"a machine of {self.folder} runs already")
        self.share.mkdir(exist_ok=True)
        self._socket.unlink(missing_ok=True)
        with (self.folder / "qemu.log").open("wb") as log:
            process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._pid_file.write_text(str(process.pid))
        limit = time.monotonic() + _BOOT_S
        while time.monotonic() < limit:
            if process.poll() is not None:
                raise LabError((self.folder / "qemu.log").read_text()[-2000:])
            try:
                Agent.connect(self._socket, 5).close()
            except OSError:
                time.sleep(0.5)
            else:
                self.run("systemctl is-system-running --wait >/dev/null")
                return
        self.stop()
        raise LabError((self.folder / "console.log").read_text(errors="replace")[-2000:])

    def run(self, command: str, limit_s: float = 600) -> int:
        """Run a command with bash in /share and print what it says; its exit status."""
        job = self.share / ".jobs" / uuid.uuid4().hex[:8]
        job.mkdir(parents=True)
        (job / "command").write_text(command)
        inside = shlex.quote(f"/share/.jobs/{job.name}")
        agent = Agent.connect(self._socket, 60)
        try:
            pid = agent.spawn(
                f"export HOME=/root LANG=C.UTF-8 PATH={_PATH}; cd /share && "
                f"exec setsid bash {inside}/command >{inside}/output 2>&1 </dev/null"
            )
            return self._attend(agent, pid, job / "output", limit_s)
        except AgentError as e:
            raise LabError(f"the guest did not run the command: {e}") from e
        finally:
            agent.close()
            shutil.rmtree(job, ignore_errors=True)

    def stop(self) -> None:
        """Power off, or end the emulator where the guest does not."""
        pid = self._pid()
        if pid is None:
            return
        try:
            agent = Agent.connect(self._socket, 5)
            agent.spawn("systemctl --no-block poweroff")
            agent.close()
        except (OSError, AgentError):
            os.kill(pid, signal.SIGKILL)
        limit = time.monotonic() + _STOP_S
        while self._pid() is not None and time.monotonic() < limit:
            time.sleep(0.2)
        if self._pid() is not None:
            os.kill(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)

    @property
    def _socket(self) -> Path:
        return self.folder / "agent.sock"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "qemu.pid"

    def _pid(self) -> int | None:
        """The emulator's process number while it runs."""
        try:
            pid = int(self._pid_file.read_text())
            state = Path(f"/proc/{pid}/stat").read_text()
        except (OSError, ValueError):
            return None
        name, _, rest = state.partition("(")[2].rpartition(")")
        return pid if name.startswith("qemu-system") and rest.split()[0] != "Z" else None

    def _attend(self, agent: Agent, pid: int, output: Path, limit_s: float) -> int:
        limit = time.monotonic() + limit_s
        printed, pause_s = 0, 0.05
        while True:
            status = agent.exit_status(pid)
            printed += _show(output, printed)
            if status is not None:
                return status
            if time.monotonic() > limit:
                agent.spawn(f"kill -TERM -- -{pid}; sleep 2; kill -KILL -- -{pid}")
                return TIME_LIMIT
            time.sleep(pause_s)
            pause_s = min(1.5 * pause_s, 0.5)

    def _command(self) -> list[str]:
        # a /dev/kvm is no proof: nested ones fail in the middle of a boot
        emulated = os.environ.get("LAB_ACCEL", "tcg") != "kvm"
        speed = "tcg,thread=multi,tb-size=256" if emulated else "kvm"
        return [
            shutil.which("qemu-system-x86_64") or "qemu-system-x86_64",
            *("-nodefaults", "-display", "none", "-no-reboot", "-machine", "q35"),
            *("-accel", speed, "-cpu", "max" if emulated else "host"),
            *("-smp", str(self.processors), "-m", str(self.memory_mb)),
            *("-kernel", f"{self.folder}/vmlinuz", "-initrd", f"{self.folder}/initrd.img"),
            *("-append", _KERNEL),
            *("-drive", f"file={self.folder}/rootfs.img,if=virtio,format=raw,snapshot=on"),
            *("-fsdev", f"local,id=share,path={self.share},security_model=none,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=share,mount_tag=share"),
            *("-netdev", "user,id=card,restrict=on", "-device", "virtio-net-pci,netdev=card"),
            *("-device", "virtio-rng-pci", "-device", "virtio-serial-pci"),
            *("-chardev", f"socket,id=agent,path={self._socket},server=on,wait=off"),
            *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
            *("-serial", f"file:{self.folder}/console.log"),
        ]


def _show(output: Path, printed: int) -> int:
    """Print what is new in a file; how many bytes."""
    try:
        with output.open("rb") as file:
            file.seek(printed)
            fresh = file.read()
    except FileNotFoundError:
        return 0
    sys.stdout.buffer.write(fresh)
    sys.stdout.flush()
    return len(fresh)
