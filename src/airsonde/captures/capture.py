"""One capture file, opened: iterate it, ask for its lanes, its summary, one lane as a batch."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from airsonde.captures.advice import advice
from airsonde.captures.model import CaptureFormat, OpenOptions, Reader
from airsonde.captures.registry import identify, named
from airsonde.captures.summary import LaneSummary, Survey, summary_fields
from airsonde.core.errors import ConfigError
from airsonde.csi.batches import concatenate
from airsonde.csi.model import FrameBatch


class Capture:
    """A capture of any known format. Each iteration is a new pass over the file."""

    def __init__(self, path: Path, form: CaptureFormat, options: OpenOptions | None = None) -> None:
        if form.reader is None:
            raise ConfigError(f"{form.name} is written here, but not read")
        self.path = path
        self.format = form.name
        self._form = form
        self._options = options or OpenOptions()

    def reader(self) -> Reader:
        """One fresh pass with its own counts."""
        assert self._form.reader is not None  # noqa: S101  (checked at construction)
        return self._form.reader(self.path, self._options)

    def __iter__(self) -> Iterator[FrameBatch]:
        for block in self.reader().blocks():
            yield from block

    @cached_property
    def survey(self) -> Survey:
        """Counts, lanes and suspicions; reads the whole file once."""
        found = Survey.of(self.reader())
        return replace(found, warnings=found.warnings + advice(self.path, self._form, found))

    @property
    def lanes(self) -> tuple[LaneSummary, ...]:
        return self.survey.lanes

    def summary(self) -> dict[str, object]:
        """What `airsonde csi inspect --json` prints."""
        return {"format": self.format, **summary_fields(self.survey)}

    def read(self, lane: int = 0) -> FrameBatch:
        """Every frame of one lane as a single batch.

        Raises ConfigError when the capture has no such lane.
        """
        parts = [b for b in self if b.lane.number == lane]
        if not parts:
            raise ConfigError(f"{self.path} has no lane {lane}; it has {len(self.lanes)}")
        return concatenate(parts)


def open_capture(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002  (the word users know)
    options: OpenOptions | None = None,
) -> Capture:
    """Open a capture; its format is found from its bytes unless it is named.

    Raises DriverError when the path cannot be read, DecodeError when it is no known capture,
    ConfigError when `format` names none.
    """
    where = Path(path)
    form = named(format) if format else identify(where)
    return Capture(where, form, options)
