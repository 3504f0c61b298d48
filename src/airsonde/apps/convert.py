"""Write a capture in another format, a stretch at a time; save what a damaged one still holds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from airsonde.captures.capture import Capture
from airsonde.captures.model import Annotated, CaptureFormat, Origin, Reader, Writer
from airsonde.captures.registry import named, writable
from airsonde.core.errors import ConfigError
from airsonde.csi.model import FrameBatch

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What became of the records of the source; `frames` were written."""

    format: str
    frames: int
    records: int
    skipped: dict[str, int]
    warnings: tuple[str, ...]


def convert(
    capture: Capture, out: Path, lane: int | None = None, progress: Progress | None = None
) -> Converted:
    """Write `capture` to `out` in the format its suffix names; `lane`: only that one.

    `progress` is told the number of frames written so far. Raises ConfigError for an unknown
    suffix or a lane that the capture does not have; nothing is left behind then.
    """
    return _rewrite(capture, writable(out), out, lane, progress)


def repair(capture: Capture, out: Path, progress: Progress | None = None) -> Converted:
    """Write what can be read of a damaged capture in its own format.

    Raises ConfigError when that format is not written here.
    """
    form = named(capture.format)
    if form.writer is None:
        raise ConfigError(f"{form.name} is only read here; use `airsonde csi convert` instead")
    return _rewrite(capture, form, out, None, progress)


def _rewrite(
    capture: Capture, form: CaptureFormat, out: Path, lane: int | None, progress: Progress | None
) -> Converted:
    assert form.writer is not None  # noqa: S101  (both callers asked)
    reader = capture.reader()
    writer: Writer | None = None
    frames = 0
    try:
        for block in reader.blocks():
            writer = writer or form.writer(out, _origin(capture, reader, block))
            chosen = [b for b in block if lane is None or b.lane.number == lane]
            if chosen:
                writer.write(chosen)
                frames += sum(map(len, chosen))
            if progress is not None:
                progress(frames)
        _check_found(capture, lane, frames)
        writer = writer or form.writer(out, _origin(capture, reader, []))
    except BaseException:
        if writer is not None:
            writer.abort()
        raise
    writer.close()
    return Converted(
        format=form.name,
        frames=frames,
        records=reader.tally.records,
        skipped=dict(reader.tally.skipped),
        warnings=tuple(reader.warnings),
    )


def _check_found(capture: Capture, lane: int | None, frames: int) -> None:
    if lane is not None and not frames:
        raise ConfigError(f"{capture.path} has no lane {lane}")


def _origin(capture: Capture, reader: Reader, block: list[FrameBatch]) -> Origin:
    origin = Origin(
        source=block[0].lane.source if block else capture.path.stem,
        family=reader.family,
        chip=reader.chip,
    )
    if isinstance(reader, Annotated):
        return replace(origin, session=reader.session, notes=reader.notes)
    return origin
