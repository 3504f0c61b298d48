"""What was decided, why, and what became of it: the newest in memory, more in a bounded file."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from airsonde.apps.link_replay import action_record
from airsonde.core.errors import DriverError
from airsonde.drivers.linux.atomic_file import refusal
from airsonde.link.model import (
    NS_PER_S,
    HandsOff,
    LinkAction,
    Reason,
    Roam,
    Scan,
    SetCoalescing,
    SetPowerSave,
    SetShaping,
)

IN_MEMORY: Final = 200
_POLICIES: Final[dict[type, frozenset[str]]] = {
    SetShaping: frozenset({"shaping"}),
    SetCoalescing: frozenset({"coalescing"}),
    SetPowerSave: frozenset({"power_save"}),
    Roam: frozenset({"roaming", "steering"}),
    Scan: frozenset({"roaming", "steering"}),
    HandsOff: frozenset({"network"}),
}
# policies whose rule is worth a line when it changes, though nothing was done
_TOLD_ALONE: Final = frozenset({"roaming", "steering", "game_mode", "network", "power_save"})
_SPACING_NS: Final = NS_PER_S


class LogFile:
    """Lines in a file that is set aside as `.1` when it is full; the one before that goes."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._file: BinaryIO | None = None

    def write(self, line: bytes) -> None:
        """Raises DriverError."""
        try:
            file = self._file or self._path.open("ab", buffering=0)
            self._file = file
            if file.tell() + len(line) > self._most_bytes:
                file.close()
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
                self._file = file = self._path.open("ab", buffering=0)
            file.write(line)
        except OSError as e:
            self._file = None
            raise refusal("write", self._path, e) from e

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Decisions:
    """Remembers decisions and the last reasons of every policy, and counts the actions."""

    def __init__(self, *logs: LogFile, say: Callable[[str], None] = lambda _: None) -> None:
        self.latest: deque[dict[str, Any]] = deque(maxlen=IN_MEMORY)
        self.reasons: dict[str, tuple[Reason, ...]] = {}
        self.actions: dict[str, Counter[str]] = {}
        self.complaint: str | None = None
        self._logs = logs
        self._say = say
        self._told: dict[tuple[str, str], tuple[tuple[str, tuple[str, ...]], int]] = {}
        self._explained_ns: dict[str, int] = {}

    def is_due(self, t_ns: int, ifname: str) -> bool:
        """Whether the reasons kept are so old that they should be asked for again."""
        return t_ns - self._explained_ns.get(ifname, t_ns - _SPACING_NS) >= _SPACING_NS

    def explained(self, t_ns: int, ifname: str, reasons: Sequence[Reason]) -> None:
        """Keep the reasons of a step; a rule that changed is a decision not to act."""
        self._explained_ns[ifname] = t_ns
        self.reasons[ifname] = tuple(reasons)
        for reason in reasons:
            rule = (reason.rule, reason.blocked_by)
            before, told_ns = self._told.get((ifname, reason.policy), (None, t_ns - _SPACING_NS))
            if rule != before and t_ns - told_ns >= _SPACING_NS:
                self._told[ifname, reason.policy] = (rule, t_ns)
                if before is not None and reason.policy in _TOLD_ALONE:
                    self._keep(t_ns, ifname, {"because": reason_record(reason)})

    def decided(self, t_ns: int, action: LinkAction, outcome: str) -> None:
        """Keep an action with the reason of the policy it came from."""
        policies = _POLICIES[type(action)]
        reasons = self.reasons.get(action.ifname, ())
        because = next((reason_record(r) for r in reasons if r.policy in policies), None)
        words = {**action_record(action), "outcome": outcome, "because": because}
        self.actions.setdefault(action.ifname, Counter())[words["action"]] += 1
        self._keep(t_ns, action.ifname, words)

    def noted(self, t_ns: int, ifname: str | None, note: str) -> None:
        """Keep something the host said that no policy decided."""
        self._keep(t_ns, ifname, {"note": note})

    def forget(self, ifname: str) -> None:
        self.reasons.pop(ifname, None)
        self.actions.pop(ifname, None)
        self._explained_ns.pop(ifname, None)
        for key in [key for key in self._told if key[0] == ifname]:
            del self._told[key]

    def close(self) -> None:
        for log in self._logs:
            log.close()

    def _keep(self, t_ns: int, ifname: str | None, words: dict[str, Any]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        record = {"at": at, "t_ns": t_ns, "ifname": ifname, **words}
        self.latest.append(record)
        line = msgspec.json.encode(record)
        self._say(line.decode())
        for log in self._logs:
            try:
                log.write(line + b"\n")
                self.complaint = None
            except DriverError as e:  # a full disk stops the log, not the governor
                self.complaint = e.reason


def reason_record(reason: Reason) -> dict[str, Any]:
    return {
        "policy": reason.policy,
        "rule": reason.rule,
        "blocked_by": list(reason.blocked_by),
        "saw": dict(reason.saw),
    }
