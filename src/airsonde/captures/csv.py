"""CSV captures: one line a frame and chain pair; the columns are in docs/reference/csv.md."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airsonde.captures.csv_decode import CsvDecoder
from airsonde.captures.csv_line import HEADER, REASON_BREAK
from airsonde.captures.float_text import number_text, row_texts
from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Origin
from airsonde.captures.stream import StreamReader
from airsonde.core.ids import mac_text
from airsonde.csi.batches import interleaved
from airsonde.csi.lanes import stated_channel
from airsonde.csi.model import F32, Family, FrameBatch, Lane, Verdict
from airsonde.drivers.transport.outputs import AtomicFile

_NAMES: Final = [verdict.name.lower().encode() for verdict in Verdict]


class CsvWriter:
    """Writes one file of comma-separated values (RFC 4180, but with Unix line ends)."""

    def __init__(self, path: Path, origin: Origin) -> None:  # noqa: ARG002  (lanes say it all)
        self._file = AtomicFile(path)
        self._file.write(HEADER + b"\n")

    def write(self, batches: Sequence[FrameBatch]) -> None:
        """Add the frames of one stretch, ordered by `index`."""
        if not batches:
            return
        lines = [line for batch in batches for line in _lines(batch)]
        order = interleaved(batches, [b.lane.n_rx * b.lane.n_tx for b in batches])
        self._file.write(b"".join(lines[at] for at in order))

    def close(self) -> None:
        self._file.close()

    def abort(self) -> None:
        self._file.abort()


class CsvReader(StreamReader):
    """One pass; the family is that of the first frame."""

    def __init__(self, path: Path, options: OpenOptions) -> None:
        super().__init__(path, _family(path), CsvDecoder(options.source))


def _family(path: Path) -> Family:
    decoder = CsvDecoder()
    next(StreamReader(path, Family.SIM, decoder).blocks(), None)
    return decoder.family or Family.SIM


def _lines(batch: FrameBatch) -> Iterator[bytes]:
    lane, n = batch.lane, len(batch)
    chains = [(rx, tx) for rx in range(lane.n_rx) for tx in range(lane.n_tx)]
    rows = batch.csi.reshape(n * len(chains), len(lane.subcarriers))
    i_rows = row_texts(np.ascontiguousarray(rows.real))
    q_rows = row_texts(np.ascontiguousarray(rows.imag))
    head, size, tones = _lane_fields(lane)
    frames = zip(batch.index.tolist(), batch.t_ns.tolist(), _frame_fields(batch), strict=True)
    for frame, (index, t_ns, fields) in enumerate(frames):
        for chain, (rx, tx) in enumerate(chains):
            row = frame * len(chains) + chain
            yield b"%d,%d,%d,%b,%b,%d,%d,%b,%b,%b,%b\n" % (
                lane.number,
                index,
                t_ns,
                head,
                size,
                rx,
                tx,
                fields,
                tones,
                _spaced(i_rows[row]),
                _spaced(q_rows[row]),
            )


def _lane_fields(lane: Lane) -> tuple[bytes, bytes, bytes]:
    """Source to width, chains, and the subcarriers with their validity."""
    number, width_mhz = stated_channel(lane)
    words = [
        _quoted(lane.source),
        b"" if lane.transmitter is None else mac_text(lane.transmitter).encode(),
        lane.family.encode(),
        b"" if lane.ppdu is None else lane.ppdu.encode(),
        b"%d" % number if number else b"",
        b"%d" % width_mhz if width_mhz else b"",
    ]
    tones = b" ".join(b"%d" % t for t in lane.subcarriers.tolist())
    valid = b"".join(b"1" if v else b"0" for v in lane.valid.tolist())
    return b",".join(words), b"%d,%d" % (lane.n_rx, lane.n_tx), tones + b"," + valid


def _frame_fields(batch: FrameBatch) -> list[bytes]:
    """RSSI to reasons of each frame; what is not known stays empty."""
    n = len(batch)
    verdicts = [b""] * n
    if batch.verdict is not None:
        verdicts = [_NAMES[v] for v in batch.verdict.tolist()]
    columns: list[list[bytes]] = [
        _numbers(batch.rssi_dbm, n),
        _numbers(batch.noise_dbm, n),
        _whole(batch.seq, n),
        verdicts,
        _numbers(batch.quality, n),
        [_quoted(REASON_BREAK.join(r)) for r in batch.reasons or ((),) * n],
    ]
    return [b",".join(fields) for fields in zip(*columns, strict=True)]


def _numbers(values: F32 | None, n: int) -> list[bytes]:
    if values is None:
        return [b""] * n
    return [b"" if np.isnan(v) else number_text(v).removesuffix(b".0") for v in values]


def _whole(values: NDArray[Any] | None, n: int) -> list[bytes]:
    return [b""] * n if values is None else [b"%d" % v for v in values.tolist()]


def _spaced(row: bytes) -> bytes:
    return row[1:-1].replace(b",", b" ")


def _quoted(text: str) -> bytes:
    """A field, in quotes where it needs them; a line stays one line."""
    text = " ".join(text.splitlines())
    if any(c in text for c in ',"'):
        text = '"' + text.replace('"', '""') + '"'
    return text.encode()


def _matches(head: Head) -> bool:
    return head.data.startswith(HEADER)


FORMATS = (
    CaptureFormat(
        name="csv", suffixes=(".csv",), matches=_matches, reader=CsvReader, writer=CsvWriter
    ),
)
