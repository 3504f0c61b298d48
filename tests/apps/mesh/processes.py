"""Mesh programs as processes, and links between them that can be cut or made late."""

import json
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from heapq import heappop, heappush
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "src"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_for(what, seconds=20.0, every=0.1):
    """The first answer that is not empty."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(every)
    raise AssertionError(f"nothing came of {what} within {seconds} s")


class Programs:
    """Starts `airsonde mesh …` in a folder of its own; what is left is ended with it."""

    def __init__(self, folder):
        self.folder = folder
        self.running = {}
        assert self.call("keys", "generate", "--keys", "keys").returncode == 0

    def call(self, *words):
        command = [sys.executable, "-m", "airsonde", "mesh", *map(str, words)]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, name, kind, *words):
        command = [sys.executable, "-m", "airsonde", "mesh", kind, *map(str, words),
                   "--keys", "keys", "--state", name]  # fmt: skip
        with (self.folder / f"{name}.err").open("w") as errors:
            self.running[name] = subprocess.Popen(
                command, cwd=self.folder, env=_environment(), stderr=errors
            )
        return self.running[name]

    def status(self, name):
        """What a program says of itself; None while it does not."""
        try:
            return json.loads((self.folder / name / "status.json").read_text())
        except (OSError, ValueError):
            assert self.running[name].poll() is None, (self.folder / f"{name}.err").read_text()
            return None

    def events(self, name):
        path = self.folder / name / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def close(self):
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.wait()


def _environment():
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


SO_TIMESTAMPNS = 35


class Link:
    """Forwards what comes to `port` to a target, each client from a port of its own, and back.

    `least_s` is the shortest way it really was, there and back: a busy machine makes it longer.
    """

    def __init__(self, target, *, jitter_s=0.0):
        self.cut = False
        self._target = ("127.0.0.1", target)
        self._jitter_s = jitter_s
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._front.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.least_s = [1.0, 1.0]
        self.port = self._front.getsockname()[1]
        self._backs, self._clients, self._late = {}, {}, []
        self._random = random.Random(1)
        self._stopped = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self):
        self._stopped = True
        self._thread.join()
        for sock in (self._front, *self._backs.values()):
            sock.close()

    def _run(self):
        count = 0
        while not self._stopped:
            wait_s = 0.02
            if self._late:
                wait_s = min(wait_s, max(0.0, self._late[0][0] - time.monotonic()))
            for sock in select.select([self._front, *self._clients], [], [], wait_s)[0]:
                data, told, _, client = sock.recvmsg(65_535, 64)
                seconds, nanoseconds = struct.unpack("=qq", told[0][2])
                out, to = self._route(sock, client)
                count += 1
                due = time.monotonic() + self._random.random() * self._jitter_s
                heappush(self._late, (due, count, data, out, to, seconds + nanoseconds * 1e-9))
            while self._late and self._late[0][0] <= time.monotonic():
                _, _, data, out, to, came_s = heappop(self._late)
                if not self.cut:
                    out.sendto(data, to)
                    way = int(out is self._front)
                    self.least_s[way] = min(self.least_s[way], time.time() - came_s)

    def _route(self, sock, client):
        if sock is not self._front:
            return self._front, self._clients[sock]
        if client not in self._backs:
            back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            back.bind(("127.0.0.1", 0))
            back.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self._backs[client], self._clients[back] = back, client
        return self._backs[client], self._target
