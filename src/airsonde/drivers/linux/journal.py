"""A write-ahead journal: what stood before each change, so that all of it can be taken back.

A record reaches the disk before the change it describes. Whatever moment the process dies at, the
next one finds for every knob what stood before and which values were ours.
"""

import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.atomic_file import read_small, refusal, replace
from airsonde.drivers.linux.interface import identity
from airsonde.drivers.linux.journal_record import Entry, entry_of, line_of

LARGEST_BYTES = 32 << 20
COMPACT_RECORDS = 512
COMPACT_BYTES = 4 << 20

Value = Any  # what JSON can hold; None: nothing stood there


class Knob(Protocol):
    """One kind of thing on the host that stands somewhere and can be put back.

    `read` and `write` raise UnsupportedError where the target is gone for good.
    """

    @property
    def kind(self) -> str: ...
    @property
    def volatile(self) -> bool:
        """A reboot forgets it."""

    async def read(self, target: str) -> Value: ...
    async def write(self, target: str, value: Value) -> None: ...


class Outcome(Enum):
    RESTORED = "restored"
    UNCHANGED = "stood as before"
    CHANGED_SINCE = "changed by somebody else since; left alone"
    GONE = "no longer there"
    REBOOTED = "forgotten by a reboot"
    FAILED = "could not be restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    kind: str
    target: str
    outcome: Outcome
    reason: str | None = None


class Journal:
    """The open journal of one state directory; a second process is refused."""

    def __init__(self, path: Path, folder_fd: int, boot: str) -> None:
        self._path = path
        self._folder_fd = folder_fd
        self._boot = boot
        self._entries: dict[tuple[str, str], Entry] = {}
        self._records = 0
        self._bytes = 0
        self._fd: int | None = None
        self._torn = False
        self.unreadable = 0

    @classmethod
    def open(cls, folder: Path, boot: str | None = None) -> Self:
        """Open or create `folder`/undo.journal.

        Raises DriverError: another process holds it (transient), or the folder cannot be written.
        """
        path = folder / "undo.journal"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as e:
            raise refusal("open", folder, e) from e
        try:
            _lock(folder_fd, path)
            journal = cls(path, folder_fd, boot or boot_id())
            journal._load()
        except BaseException:
            os.close(folder_fd)
            raise
        return journal

    @property
    def entries(self) -> tuple[Entry, ...]:
        """In the order in which the knobs were first turned."""
        return tuple(self._entries.values())

    def holds(self, kind: str, target: str) -> bool:
        """Whether a change of this knob is recorded."""
        return (kind, identity(target)) in self._entries

    async def turn(self, knob: Knob, target: str, value: Value) -> bool:
        """Write a value, having recorded what stood there; False where it stands so already.

        Raises DriverError where the host keeps another value than the one written.
        """
        before = await knob.read(target)
        if before == value:
            return False
        held = self.holds(knob.kind, target)
        self.note(knob.kind, target, before=before, after=value)
        try:
            await knob.write(target, value)
        except DriverError:
            if not held:
                await self.revert({knob.kind: knob}, lambda e: _is(e, knob.kind, target))
            raise
        stands = await knob.read(target)
        if stands != value:
            raise DriverError(f"{knob.kind} {target} stands at {stands!r} though {value!r} was set")
        return True

    def note(self, kind: str, target: str, *, before: Value, after: Value) -> None:
        """Record a change that is about to happen; on return it is on the disk."""
        entry = Entry(kind=kind, target=target, before=before, ours=(after,), boot=self._boot)
        self._merge(entry)
        line = line_of(entry)
        self._records += 1
        self._bytes += len(line)
        if self._torn or self._overgrown():
            self._compact()
        else:
            self._append(line)

    async def revert(
        self, knobs: Mapping[str, Knob], only: Callable[[Entry], bool] = lambda _: True
    ) -> list[Undone]:
        """Put everything (or `only` some) back, newest first; what failed stays recorded."""
        report = []
        for key, entry in reversed(list(self._entries.items())):
            if not only(entry):
                continue
            done = await self._undo(entry, knobs.get(entry.kind))
            report.append(done)
            if done.outcome is not Outcome.FAILED:
                del self._entries[key]
        self._compact()
        return report

    def close(self) -> None:
        self._close_file()
        os.close(self._folder_fd)

    def _overgrown(self) -> bool:
        many = self._records > max(COMPACT_RECORDS, 2 * len(self._entries))
        return many or self._bytes > COMPACT_BYTES

    async def _undo(self, entry: Entry, knob: Knob | None) -> Undone:
        reason = None
        try:
            outcome = await self._put_back(entry, knob)
        except UnsupportedError as e:
            outcome, reason = Outcome.GONE, e.reason
        except DriverError as e:
            outcome, reason = Outcome.FAILED, e.reason
        return Undone(kind=entry.kind, target=entry.target, outcome=outcome, reason=reason)

    async def _put_back(self, entry: Entry, knob: Knob | None) -> Outcome:
        if knob is None:
            raise DriverError(f"nothing here can turn a {entry.kind}")
        if knob.volatile and entry.boot != self._boot:
            return Outcome.REBOOTED
        stands = await knob.read(entry.target)
        if stands == entry.before:
            return Outcome.UNCHANGED
        if stands not in entry.ours:
            return Outcome.CHANGED_SINCE
        await knob.write(entry.target, entry.before)
        if await knob.read(entry.target) != entry.before:
            raise DriverError(f"{entry.kind} {entry.target} keeps {stands!r}")
        return Outcome.RESTORED

    def _merge(self, entry: Entry) -> None:
        """A value that is not ours was set by somebody else: from then on it stands before us."""
        key = (entry.kind, identity(entry.target))
        known = self._entries.get(key)
        if known and entry.before in known.ours:
            ours = (entry.before, *entry.ours)[-2:]
            entry = msgspec.structs.replace(entry, before=known.before, ours=ours)
        self._entries[key] = entry

    def _load(self) -> None:
        content = read_small(self._path, LARGEST_BYTES) or b""
        *lines, torn = content.split(b"\n")
        for line in lines:
            entry = entry_of(line)
            if entry is None:
                self.unreadable += 1
            else:
                self._merge(entry)
        self._records, self._bytes = len(lines), len(content)
        if torn or self.unreadable:
            self._compact()

    def _append(self, line: bytes) -> None:
        try:
            if self._fd is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
                self._fd = os.open(self._path, flags, 0o600)
                os.fsync(self._folder_fd)
            self._torn = True
            while line:
                line = line[os.write(self._fd, line) :]
            os.fsync(self._fd)
            self._torn = False
        except OSError as e:
            raise refusal("write", self._path, e) from e

    def _compact(self) -> None:
        self._close_file()
        content = b"".join(map(line_of, self._entries.values()))
        replace(self._path, content, mode=0o600)
        self._records, self._bytes = len(self._entries), len(content)
        self._torn = False

    def _close_file(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _is(entry: Entry, kind: str, target: str) -> bool:
    return (entry.kind, entry.target) == (kind, target)


def boot_id() -> str:
    """The kernel's name for this boot."""
    known = read_small(Path("/proc/sys/kernel/random/boot_id"))
    return "" if known is None else known.decode("ascii", "replace").strip()


def _lock(folder_fd: int, path: Path) -> None:
    try:
        fcntl.flock(folder_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DriverError(
            f"{path} is held by a running airsonde; stop it first", transient=True
        ) from None
