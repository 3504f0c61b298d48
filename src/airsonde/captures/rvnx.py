"""RVNX captures: rvCSI's Nexmon records, one behind the other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Origin, Reader
from airsonde.captures.stream import StreamReader
from airsonde.core.errors import ConfigError
from airsonde.csi.batches import interleaved
from airsonde.csi.model import Family, FrameBatch
from airsonde.drivers.transport.outputs import AtomicFile
from airsonde.radios.nexmon.rvnx import HEADER_BYTES, RvnxDecoder, fault
from airsonde.radios.nexmon.rvnx_encode import encode

_LARGEST = 128


class RvnxWriter:
    """Writes one file of records, in the order of `index`."""

    def __init__(self, path: Path, origin: Origin) -> None:  # noqa: ARG002  (says nothing of it)
        self._file = AtomicFile(path)

    def write(self, batches: Sequence[FrameBatch]) -> None:
        """Add the frames of one stretch. Raises ConfigError for what the format cannot hold."""
        for batch in batches:
            if not (np.abs(batch.csi.view(np.float32)) <= _LARGEST).all():
                raise ConfigError("RVNX holds samples of -128 to 128 (Q8.8); write .rvcsi instead")
        rows = [record.tobytes() for b in batches for record in encode(b)]
        chains = [b.lane.n_rx * b.lane.n_tx for b in batches]
        self._file.write(b"".join(rows[at] for at in interleaved(batches, chains)))

    def close(self) -> None:
        self._file.close()

    def abort(self) -> None:
        self._file.abort()


def _reader(path: Path, options: OpenOptions) -> Reader:
    return StreamReader(path, Family.NEXMON, RvnxDecoder(options.source or path.stem))


def _matches(head: Head) -> bool:
    """The first record is good, and a second one follows it or nothing does."""
    data = head.data
    if fault(data[:8]) is not None or len(data) < HEADER_BYTES:
        return False
    end = HEADER_BYTES + 4 * int.from_bytes(data[6:8], "little")
    return end >= len(data) or data.startswith(data[:4], end) or head.complete


FORMATS = (
    CaptureFormat(
        name="rvnx", suffixes=(".rvnx",), matches=_matches, reader=_reader, writer=RvnxWriter
    ),
)
