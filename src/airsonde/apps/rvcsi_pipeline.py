"""Run a capture through the rvCSI reference's pipeline: windows, events, baseline, RF memory."""

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from airsonde.apps.rvcsi_results import Subject, baseline_document, memory_line
from airsonde.captures.model import Annotated, OpenOptions, Reader
from airsonde.captures.rvcsi import RvcsiReader
from airsonde.captures.rvcsi_words import HEADER_NOTE, Header, read_header
from airsonde.csi.model import FrameBatch
from airsonde.csi.reference.baseline import BaselineMean
from airsonde.csi.reference.model import Event, Window
from airsonde.csi.reference.pipeline import Findings, ReferencePipeline
from airsonde.csi.validate import SourceLimits, ValidationPolicy, Validator
from airsonde.drivers.transport.outputs import AtomicFile

Item = TypeVar("Item")
_WINDOWS_KEPT: Final = 32  # the reference exports what its detectors still remember


class ReferenceRun:
    """One pass of a capture through the pipeline; `subject` is known from the first result on.

    A capture that carries an rvCSI header is validated by that header's policy and profile, any
    other by the defaults. `pending`: frames without a verdict are validated, not left out.
    """

    def __init__(self, reader: Reader, *, pending: bool = True) -> None:
        self._reader = reader
        self._pending = pending
        self.subject = Subject(session=0, source="")

    def findings(self) -> Iterator[Findings]:
        """Results, one block of the capture after the other, in the order of the file."""
        pipeline: ReferencePipeline | None = None
        for batches in self._reader.blocks():
            pipeline = pipeline or self._pipeline(batches)
            yield pipeline.feed(batches)
        if pipeline is not None:
            yield pipeline.flush()

    def windows(self) -> Iterator[Window]:
        for found in self.findings():
            yield from found.windows

    def events(self) -> Iterator[Event]:
        for found in self.findings():
            yield from found.events

    def _pipeline(self, first: list[FrameBatch]) -> ReferencePipeline:
        header = _header(self._reader)
        if header is None:
            session = self._reader.session if isinstance(self._reader, Annotated) else 0
            self.subject = Subject(session=session, source=first[0].lane.source)
        else:
            self.subject = Subject(session=header.session_id, source=header.source_id)
        validator = _validator(header) if self._pending else None
        return ReferencePipeline(self.subject.session, self.subject.source, validator)


def capture_events(path: Path) -> tuple[list[Event], Subject]:
    """Events of a `.rvcsi` capture. Raises DecodeError at its first bad line."""
    reader = RvcsiReader(path, OpenOptions(), strict=True)
    run = ReferenceRun(reader)
    events = list(_whole(reader, run.events()))
    return events, run.subject


def export_memory(path: Path, out: Path) -> int:
    """Write the embeddings of the last 32 windows; gives their number.

    Frames without a verdict are left out. Raises DecodeError at the first bad line, and then
    nothing was written.
    """
    reader = RvcsiReader(path, OpenOptions(), strict=True)
    run = ReferenceRun(reader, pending=False)
    kept = deque(_whole(reader, run.windows()), _WINDOWS_KEPT)
    _write(out, b"".join(memory_line(n, w, run.subject) + b"\n" for n, w in enumerate(kept)))
    return len(kept)


def learn_baseline(path: Path) -> tuple[BaselineMean, Subject]:
    """Mean amplitude of a `.rvcsi` capture. Raises DecodeError at its first bad line."""
    reader = RvcsiReader(path, OpenOptions(), strict=True)
    baseline = BaselineMean()
    for batches in _whole(reader, reader.blocks()):
        baseline.add(batches)
    header = reader.header
    return baseline, Subject(session=header.session_id, source=header.source_id)


def write_baseline(baseline: BaselineMean, subject: Subject, out: Path) -> None:
    """Write what was learnt, without a line end, as the reference does."""
    _write(out, baseline_document(baseline.amplitude, baseline.frames, subject))


def _whole(reader: RvcsiReader, items: Iterable[Item]) -> Iterator[Item]:
    """All items of a pass; raises DecodeError behind the last one before a bad line."""
    yield from items
    if reader.stopped is not None:
        raise reader.stopped


def _header(reader: Reader) -> Header | None:
    notes = reader.notes if isinstance(reader, Annotated) else {}
    return read_header(notes[HEADER_NOTE].encode()) if HEADER_NOTE in notes else None


def _validator(header: Header | None) -> Validator:
    if header is None:
        return Validator()
    profile = header.adapter_profile
    limits = SourceLimits(
        channels=profile.supported_channels,
        subcarrier_counts=profile.expected_subcarrier_counts,
    )
    return Validator(limits, ValidationPolicy(**msgspec.structs.asdict(header.validation_policy)))


def _write(out: Path, data: bytes) -> None:
    file = AtomicFile(out)
    try:
        file.write(data)
    except BaseException:
        file.abort()
        raise
    file.close()
