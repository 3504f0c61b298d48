"""Start processes in the guest over a virtio serial line, which no test of its network can cut."""

import json
import os
import socket
from pathlib import Path
from typing import Any

# "Guest Agent Protocol Reference", guest-sync-delimited: a byte that JSON never holds.
_MARK = b"\xff"


def start_process(socket_path: Path, *words: str, limit_s: float = 60.0) -> int:
    """Start a process in the guest and answer its id; raises OSError while no agent listens."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(limit_s)
        line.connect(str(socket_path))
        with line.makefile("rwb") as stream:
            _drop_stale_answers(stream)
            answer = _ask(stream, "guest-exec", path=words[0], arg=list(words[1:]))
    if "error" in answer:
        raise OSError(f"the guest refused {words[0]}: {answer['error']['desc']}")
    return int(answer["return"]["pid"])


def _drop_stale_answers(stream: Any) -> None:
    """Read past what an earlier client left unread."""
    token = int.from_bytes(os.urandom(4), "big")
    _send(stream, _MARK, "guest-sync-delimited", id=token)
    for row in stream:
        if _MARK in row and json.loads(row.split(_MARK)[-1]).get("return") == token:
            return
    raise OSError("the guest's agent hung up")


def _ask(stream: Any, command: str, **arguments: object) -> dict[str, Any]:
    _send(stream, b"", command, **arguments)
    row = stream.readline()
    if not row:
        raise OSError("the guest's agent hung up")
    answer: dict[str, Any] = json.loads(row)
    return answer


def _send(stream: Any, prefix: bytes, command: str, **arguments: object) -> None:
    request = json.dumps({"execute": command, "arguments": arguments})
    stream.write(prefix + request.encode() + b"\n")
    stream.flush()
