"""Talk to the guest's agent over virtio-serial: what a test does to its network cannot cut this."""

import json
import os
import socket
from pathlib import Path
from typing import Any, Self


class AgentError(Exception):
    """The agent refused, or is not there."""


class Agent:
    """One connection to qemu-guest-agent (the QEMU Guest Agent protocol)."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._lines = connected.makefile("rb")

    @classmethod
    def connect(cls, path: Path, timeout_s: float) -> Self:
        """Raises OSError until the guest's agent runs."""
        connected = socket.socket(socket.AF_UNIX)
        connected.settimeout(timeout_s)
        try:
            connected.connect(str(path))
            agent = cls(connected)
            agent._synchronise()
        except OSError:
            connected.close()
            raise
        return agent

    def call(self, command: str, **arguments: Any) -> Any:
        self._send({"execute": command, "arguments": arguments})
        answer = json.loads(self._lines.readline())
        if "error" in answer:
            raise AgentError(answer["error"]["desc"])
        return answer["return"]

    def spawn(self, script: str) -> int:
        """Start a shell; its process number in the guest."""
        started = self.call("guest-exec", path="/bin/bash", arg=["-c", script])
        return int(started["pid"])

    def exit_status(self, pid: int) -> int | None:
        """None while it runs; 128 and the signal's number where it was killed."""
        told = self.call("guest-exec-status", pid=pid)
        if not told["exited"]:
            return None
        return int(told.get("exitcode", 128 + told.get("signal", 0)))

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _synchronise(self) -> None:
        """Drop what an earlier client did not read."""
        token = int.from_bytes(os.urandom(4))
        self._socket.sendall(b"\xff")
        self._send({"execute": "guest-sync-delimited", "arguments": {"id": token}})
        while line := self._lines.readline():
            if b"\xff" in line and json.loads(line.rpartition(b"\xff")[2]).get("return") == token:
                return
        raise OSError("the agent hung up")

    def _send(self, request: dict[str, Any]) -> None:
        self._socket.sendall(json.dumps(request).encode() + b"\n")
