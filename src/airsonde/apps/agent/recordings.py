"""Recordings that people ask for: begun, ended, labelled, found again, deleted."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.agent.source import Session, Source
from airsonde.apps.record import WRITE_EVERY_S, WRITE_FRAMES, capture_opener
from airsonde.captures.model import Writer
from airsonde.core.errors import AirsondeError, ConfigError, DriverError
from airsonde.csi.batches import by_lane
from airsonde.csi.model import Family, FrameBatch
from airsonde.drivers.transport.outputs import UNFINISHED, write_whole

SUFFIX: Final = ".arrows.zst"
FORMAT: Final = "arrow"
_NAME: Final = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{3}-[a-z0-9_-]{1,32}")
_LARGEST_NOTE: Final = 1 << 16


class Recorded(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The note beside a recording; `seconds` is its limit, `reason` why it ended by itself."""

    capture_id: str
    source_id: str
    origin: Provenance
    began_ns: int
    seconds: float | None = None
    label: str | None = None
    frames: int | None = None
    ended_ns: int | None = None
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Running:
    """A recording in the making, of one session of its source."""

    recorded: Recorded
    source: Source
    session: Session
    path: Path
    room_bytes: int
    waiting: list[FrameBatch] = field(default_factory=list)
    writer: Writer | None = None
    written_s: float = 0.0

    def add(self, batches: list[FrameBatch]) -> None:
        """Take frames; at most a second of them is not on the disk."""
        self.waiting += batches
        due = time.monotonic() - self.written_s >= WRITE_EVERY_S
        if due or sum(map(len, self.waiting)) >= WRITE_FRAMES:
            self.write()

    def write(self) -> None:
        self.written_s = time.monotonic()
        if not self.waiting:
            return
        if self.writer is None:
            family = self.waiting[0].lane.family
            self.writer = self._open(family)
        batches, self.waiting = by_lane(self.waiting), []
        self.writer.write(batches)
        self.recorded.frames = (self.recorded.frames or 0) + sum(map(len, batches))

    def over(self) -> str | None:
        """Why it must end now, None while it need not."""
        limit_s = self.recorded.seconds
        if limit_s is not None and time.time_ns() - self.recorded.began_ns >= limit_s * 1e9:
            return "its time was over"
        if self.source.session is not self.session:
            return "the source began a new session"
        if self.writer is not None and self.path.stat().st_size > self.room_bytes:
            return "the recordings have used up their share"
        return None

    def _open(self, family: Family) -> Writer:
        return capture_opener(self.path, self.source.name, family)(self.source.chip)


class Recordings:
    """A folder of captures, each with a note of the same name.

    Names from outside are looked up among those that are there, never made into paths.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._running: dict[str, Running] = {}
        self._unwritten: dict[str, Recorded] = {}
        for unfinished in folder.glob(f".*.json.*{UNFINISHED}"):
            unfinished.unlink(missing_ok=True)  # of an agent that was killed while it wrote

    @property
    def running(self) -> list[Running]:
        return list(self._running.values())

    def begin(self, source: Source, label: str | None, seconds: float | None) -> Recorded:
        """Record what a source delivers from now on. Raises ConfigError when it may not be."""
        session = source.session
        if session is None:
            raise ConfigError(f"nothing is heard of {source.name} yet")
        if any(r.source is source for r in self._running.values()):
            raise ConfigError(f"{source.name} is being recorded already")
        room_bytes = self._most_bytes - self._used_bytes()
        if room_bytes <= 0:
            raise ConfigError("the recordings have used up their share; delete some")
        began_ns = time.time_ns()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(began_ns // 1_000_000_000))
        recorded = Recorded(
            capture_id=f"{stamp}-{began_ns // 1_000_000 % 1000:03d}-{source.name}",
            source_id=source.name,
            origin=source.provenance,
            began_ns=began_ns,
            seconds=seconds,
            label=label,
        )
        self._note(recorded)
        self._running[recorded.capture_id] = Running(
            recorded=recorded,
            source=source,
            session=session,
            path=self.path(recorded.capture_id),
            room_bytes=room_bytes,
            written_s=time.monotonic(),
        )
        return recorded

    def take(self, source: Source, batches: list[FrameBatch]) -> list[Recorded]:
        """Give frames to whoever records this source; tells which recordings ended by that."""
        ended = []
        for running in self.running:
            if running.source is not source:
                continue
            try:
                if running.session is source.session:
                    running.add(batches)
                reason = running.over()
            except AirsondeError as e:
                reason = str(e)
            if reason is not None:
                ended.append(self.end(running.recorded.capture_id, reason))
        return ended

    def end(self, capture_id: str, reason: str | None = None) -> Recorded:
        """Finish a recording. Raises ConfigError when there is none of that name running.

        Where the disk is full it ends with what fitted, and its note says less than is told here.
        """
        running = self._running.pop(capture_id, None)
        if running is None:
            raise ConfigError(f"{capture_id} is not being recorded")
        recorded = running.recorded
        recorded.ended_ns, recorded.reason = time.time_ns(), reason
        try:
            running.write()
            if running.writer is not None:
                running.writer.close()
            self._note(recorded)
        except AirsondeError as e:
            recorded.reason = str(e)
            self._unwritten[capture_id] = recorded
        return recorded

    def all(self) -> list[Recorded]:
        """Every recording, newest first."""
        names = [n.stem for n in self._folder.glob("*.json") if _NAME.fullmatch(n.stem)]
        found = [self.find(name) for name in sorted(names, reverse=True)]
        return [recorded for recorded in found if recorded is not None]

    def find(self, capture_id: str) -> Recorded | None:
        """One recording; None where there is none or its note is damaged."""
        if (running := self._running.get(capture_id)) is not None:
            return running.recorded
        if (unwritten := self._unwritten.get(capture_id)) is not None:
            return unwritten
        if not _NAME.fullmatch(capture_id):
            return None
        note = self._folder / f"{capture_id}.json"
        try:
            if note.stat().st_size > _LARGEST_NOTE:
                return None
            return msgspec.json.decode(note.read_bytes(), type=Recorded)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def is_running(self, capture_id: str) -> bool:
        return capture_id in self._running

    def label(self, recorded: Recorded, label: str | None) -> None:
        recorded.label = label
        self._note(recorded)

    def delete(self, recorded: Recorded) -> None:
        """Remove the frames, then the note. Raises DriverError when the disk refuses."""
        try:
            self.path(recorded.capture_id).unlink(missing_ok=True)
            (self._folder / f"{recorded.capture_id}.json").unlink(missing_ok=True)
            self._unwritten.pop(recorded.capture_id, None)
        except OSError as e:
            raise DriverError(f"cannot delete {recorded.capture_id}: {e.strerror}") from e

    def path(self, capture_id: str) -> Path:
        """Where the frames of a recording that was found are."""
        return self._folder / (capture_id + SUFFIX)

    def size_bytes(self, capture_id: str) -> int:
        path = self.path(capture_id)
        return path.stat().st_size if path.exists() else 0

    def close(self) -> None:
        for capture_id in list(self._running):
            self.end(capture_id, "the agent was stopped")

    def _used_bytes(self) -> int:
        return sum(f.stat().st_size for f in self._folder.glob("*" + SUFFIX))

    def _note(self, recorded: Recorded) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as e:
            raise DriverError(f"cannot make the folder {self._folder}: {e.strerror}") from e
        write_whole(self._folder / f"{recorded.capture_id}.json", msgspec.json.encode(recorded))
        self._unwritten.pop(recorded.capture_id, None)
