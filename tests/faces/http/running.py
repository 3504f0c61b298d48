"""A real agent in a process of its own, and how to talk to it."""

import http.client
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

SIMULATED = """
[sources.sim]
kind = "simulator"
room = "lab"
speed = 10.0
"""
_ADDRESSES = itertools.count(2)


def free_port():
    """A UDP port that nobody listens to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _mounted(folder, disk_bytes):
    """Runs what follows where `folder` is a small disk, which nobody else sees."""
    folder.mkdir(exist_ok=True)
    mount = f'mount -t tmpfs -o size={disk_bytes} none "{folder}" && exec "$@"'
    return "unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "-"


class RunningAgent:
    """`airsonde run` on a free loopback port; what it keeps is in `state`, the rest in `folder`.

    `disk_bytes`: what it keeps is on a disk of its own (root).
    """

    def __init__(self, folder: Path, toml: str = SIMULATED, *args: str, disk_bytes: int = 0):
        self.folder = folder
        self.config = folder / "agent.toml"
        self.config.write_text(toml)
        self.log = folder / "log"
        self.state = folder / "airsonde"
        own = {"XDG_STATE_HOME": str(folder), "TMPDIR": str(folder)}
        mounted = _mounted(self.state, disk_bytes) if disk_bytes else ()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*mounted, *self.command("run", str(self.config), "--port", "0", *args)],
                stdout=log,
                stderr=log,
                env=self.environment() | own,
            )
        self.port = self._await_port()
        if disk_bytes:
            self.state = Path(f"/proc/{self.process.pid}/root{self.state}")
        self.address = f"127.0.0.{next(_ADDRESSES)}"

    def command(self, *words):
        """What runs airsonde."""
        return [sys.executable, "-m", "airsonde", *words]

    def environment(self):
        return dict(os.environ)

    @property
    def token(self) -> str:
        return (self.state / "write-token").read_text().strip()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/api/v1/stream"

    def ask(self, method, path, body=None, *, headers=None, write=False, address=None):
        """Status, headers and parsed body of one request below /api/v1, or of any `//path`."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=10, source_address=(address or self.address, 0)
        )
        sent = dict(headers or {})
        if write:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        target = path[1:] if path.startswith("//") else f"/api/v1{path}"
        connection.request(method, target, body, sent)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.status, dict(answer.headers), json.loads(data) if is_json else data

    def get(self, path):
        status, _, body = self.ask("GET", path)
        assert status == 200, body
        return body

    def until(self, condition, seconds=8.0):
        """What `condition` gives as soon as it is true."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, self.log.read_text()[-2000:]
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            time.sleep(0.05)
        return found

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(10)

    def _await_port(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if found := re.search(r"url=\w+://\S+:(\d+)", self.log.read_text()):
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.process.kill()
        self.process.wait()
        raise AssertionError(self.log.read_text())
