"""`.rvcsi` captures (JSON lines of the rvCSI reference runtime): read and write.

What the reader finds is exactly what the writer needs to give the same bytes again: a lane's
`stated` channel, verdicts, reasons, and in `extra` the frame and session numbers.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Origin
from airsonde.captures.rvcsi_decode import RvcsiDecoder
from airsonde.captures.rvcsi_encode import FrameLines, header_line
from airsonde.captures.rvcsi_words import HEADER_NOTE, Header, family_of, read_header
from airsonde.captures.stream import StreamReader
from airsonde.core.errors import DecodeError
from airsonde.csi.model import FrameBatch
from airsonde.drivers.transport.files import opened
from airsonde.drivers.transport.outputs import AtomicFile

_MAGIC: Final = b'"rvcsi_capture_version"'
_LONGEST_HEADER: Final = 16 << 20


class RvcsiReader(StreamReader):
    """One pass over a `.rvcsi` file; its header is known from the start."""

    def __init__(self, path: Path, options: OpenOptions, *, strict: bool = False) -> None:
        with opened(path) as file:
            line = _first_line(file.fileno())
        self.header: Header = read_header(line)
        self.session = self.header.session_id
        self.notes: Mapping[str, str] = {HEADER_NOTE: line.decode().rstrip("\r")}
        family = family_of(self.header.adapter_profile.adapter_kind)
        self._lines = RvcsiDecoder(options.source, strict=strict)
        super().__init__(path, family, self._lines)

    @property
    def stopped(self) -> DecodeError | None:
        """The bad line at which a strict pass ended; its `offset` is the line's number."""
        return self._lines.stopped


class RvcsiWriter:
    """Writes one `.rvcsi` file; an unfinished one never has its name."""

    def __init__(self, path: Path, origin: Origin) -> None:
        self._lines = FrameLines(origin.session)
        self._file = AtomicFile(path)
        self._file.write(header_line(origin) + b"\n")

    def write(self, batches: Sequence[FrameBatch]) -> None:
        """Add the frames of one stretch of the source."""
        if batches:
            self._file.write(self._lines.encode(batches))

    def close(self) -> None:
        self._file.close()

    def abort(self) -> None:
        self._file.abort()


def _first_line(fd: int) -> bytes:
    with open(fd, "rb", closefd=False) as file:
        return file.readline(_LONGEST_HEADER).rstrip(b"\n")


def _matches(head: Head) -> bool:
    line, newline, _ = head.data.partition(b"\n")
    if not line.lstrip().startswith(b"{") or _MAGIC not in line:
        return False
    if not newline and not head.complete:
        return True
    try:
        return "rvcsi_capture_version" in msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        return False


FORMATS = (
    CaptureFormat(
        name="rvcsi",
        suffixes=(".rvcsi",),
        matches=_matches,
        reader=RvcsiReader,
        writer=RvcsiWriter,
    ),
)
