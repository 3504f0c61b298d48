"""The words of capture files: formats, readers, writers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from airsonde.csi.model import Family, FrameBatch, Tally

HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What identification may look at: the first bytes of a file, its size and its name."""

    path: Path
    data: bytes
    size: int

    @property
    def complete(self) -> bool:
        """Whether `data` is the whole file."""
        return len(self.data) == self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOptions:
    """What a caller may state instead of having it found; None: find it."""

    source: str | None = None
    port: int | None = None
    chip: str | None = None


class Reader(Protocol):
    """One pass over a capture, in blocks; the counts are complete when the blocks are."""

    @property
    def family(self) -> Family: ...
    @property
    def tally(self) -> Tally: ...
    @property
    def chip(self) -> str | None: ...
    @property
    def warnings(self) -> list[str]: ...

    def blocks(self) -> Iterator[list[FrameBatch]]:
        """Yield the batches of one stretch of the file after the other, in file order."""


@runtime_checkable
class Annotated(Protocol):
    """A reader whose file carries words about the whole capture, for a writer to keep."""

    session: int
    notes: Mapping[str, str]


class Writer(Protocol):
    """Writes one capture; the file appears under its name when `close` has succeeded."""

    def write(self, batches: Sequence[FrameBatch]) -> None:
        """Add the batches of one stretch; their frames are ordered by `index`."""

    def close(self) -> None: ...

    def abort(self) -> None:
        """Remove what was written so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a writer is told about where the frames come from."""

    source: str
    family: Family
    chip: str | None = None
    session: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFormat:
    """One row of the registry. `matches` looks at bytes first, at the name last.

    `recorder` writes a live recording straight to its name, readable up to the last write; formats
    without one are whole or not there.
    """

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[Head], bool]
    reader: Callable[[Path, OpenOptions], Reader] | None
    writer: Callable[[Path, Origin], Writer] | None = None
    recorder: Callable[[Path, Origin], Writer] | None = None
    directory: bool = False
