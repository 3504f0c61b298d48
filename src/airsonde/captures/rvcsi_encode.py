"""Encode batches as the frame lines of a `.rvcsi` file, byte for byte as the reference does."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from airsonde.captures.float_text import number_text, row_texts
from airsonde.captures.model import Origin
from airsonde.captures.rvcsi_words import (
    HEADER_NOTE,
    KINDS,
    STATUS,
    AdapterProfile,
    Header,
    kind_of,
)
from airsonde.csi.amplitude import amplitude
from airsonde.csi.batches import interleaved
from airsonde.csi.lanes import stated_channel
from airsonde.csi.model import F32, FrameBatch
from airsonde.csi.phase import atan2f
from airsonde.csi.raw_order import to_file

_JSON = msgspec.json.Encoder()
_STATUS_TEXT: Final = {int(v): name.encode() for name, v in STATUS.items()}


def header_line(origin: Origin) -> bytes:
    """The header the frames came with, else one that allows everything; without line end."""
    if HEADER_NOTE in origin.notes:
        return origin.notes[HEADER_NOTE].encode()
    profile = AdapterProfile(adapter_kind=kind_of(origin.family), chip=origin.chip)
    header = Header(session_id=origin.session, source_id=origin.source, adapter_profile=profile)
    return _JSON.encode(header)


class FrameLines:
    """Turns blocks of batches into lines; numbers the frames that bring no number."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._next = 0

    def encode(self, batches: Sequence[FrameBatch]) -> bytes:
        """Lines of one block, ordered by `index`, each with its line end.

        Frames of several chains become one line a chain pair, receive chain first.
        """
        numbers = [n for b in batches for n in _numbers(b)]
        bodies = [text for b in batches for text in _bodies(b, self._session)]
        lines = []
        for at in interleaved(batches, [_chains(b) for b in batches]):
            number = self._next if numbers[at] is None else numbers[at]
            self._next += 1
            lines.append(b'{"frame_id":%d,%b' % (number, bodies[at]))
        return b"".join(lines)


def _chains(batch: FrameBatch) -> int:
    return batch.lane.n_rx * batch.lane.n_tx


def _numbers(batch: FrameBatch) -> Sequence[int | None]:
    given = batch.extra.get("frame_id")
    if given is None:
        return [None] * (len(batch) * _chains(batch))
    numbers: list[int | None] = np.repeat(given, _chains(batch)).tolist()
    return numbers


def _bodies(batch: FrameBatch, session: int) -> list[bytes]:
    """Everything behind the frame number, a line each."""
    chains, size = _chains(batch), len(batch.lane.subcarriers)
    csi = to_file(batch.csi, batch.lane.family).reshape(len(batch) * chains, size)
    i, q = np.ascontiguousarray(csi.real), np.ascontiguousarray(csi.imag)
    size_rows, phase_rows = _own(batch, "amplitude"), _own(batch, "phase_rad")
    vectors = zip(
        row_texts(i),
        row_texts(q),
        row_texts(amplitude(csi) if size_rows is None else size_rows),
        row_texts(atan2f(q, i) if phase_rows is None else phase_rows),
        strict=True,
    )
    heads, tails = _heads(batch, session), _tails(batch)
    places = _places(batch)
    bodies = []
    for row, (i_text, q_text, size_text, phase_text) in enumerate(vectors):
        frame, chain = divmod(row, chains)
        bodies.append(
            b'%b,%b,"subcarrier_count":%d,"i_values":%b,"q_values":%b,"amplitude":%b,"phase":%b,%b'
            % (
                heads[frame],
                places[chain],
                size,
                i_text,
                q_text,
                size_text,
                phase_text,
                tails[frame],
            )
        )
    return bodies


def _own(batch: FrameBatch, name: str) -> F32 | None:
    """A vector that the source stated itself, in the order of the file."""
    column = batch.extra.get(name)
    if column is None:
        return None
    rows = to_file(column, batch.lane.family).reshape(
        len(batch) * _chains(batch), len(batch.lane.subcarriers)
    )
    return rows.astype(np.float32)


def _heads(batch: FrameBatch, session: int) -> list[bytes]:
    """From `session_id` to `noise_floor_dbm`."""
    n = len(batch)
    sessions = batch.extra.get("session_id", np.full(n, session, np.uint64)).tolist()
    kinds = batch.extra.get("adapter_kind")
    kind = kind_of(batch.lane.family) if kinds is None else KINDS[int(kinds[0])]
    number, width_mhz = stated_channel(batch.lane)
    source = _JSON.encode({"source_id": batch.lane.source})[1:-1]
    fixed = b'%b,"adapter_kind":"%b"' % (source, kind.encode())
    channel = b'"channel":%d,"bandwidth_mhz":%d' % (number, width_mhz)
    return [
        b'"session_id":%d,%b,"timestamp_ns":%d,%b,"rssi_dbm":%b,"noise_floor_dbm":%b'
        % (session_id, fixed, t_ns, channel, rssi, noise)
        for session_id, t_ns, rssi, noise in zip(
            sessions,
            batch.t_ns.tolist(),
            _levels(batch.rssi_dbm, n),
            _levels(batch.noise_dbm, n),
            strict=True,
        )
    ]


def _levels(values: F32 | None, n: int) -> list[bytes]:
    if values is None:
        return [b"null"] * n
    return [b"%d" % round(v) if v == v else b"null" for v in values.tolist()]  # noqa: PLR0124


def _places(batch: FrameBatch) -> list[bytes]:
    """Antenna and chains, one text for each receive and transmit chain."""
    lane = batch.lane
    antennas = batch.extra.get("antenna_index")
    antenna = None if antennas is None else int(antennas[0])
    if _chains(batch) == 1:
        return [_place(antenna, lane.stream, lane.core)]
    return [_place(antenna, tx, rx) for rx in range(lane.n_rx) for tx in range(lane.n_tx)]


def _place(antenna: int | None, tx: int | None, rx: int | None) -> bytes:
    return _JSON.encode({"antenna_index": antenna, "tx_chain": tx, "rx_chain": rx})[1:-1]


def _tails(batch: FrameBatch) -> list[bytes]:
    """From the verdict to the end of the line."""
    n = len(batch)
    verdicts = [0] * n if batch.verdict is None else batch.verdict.tolist()
    qualities: F32 = np.zeros(n, np.float32) if batch.quality is None else batch.quality
    reasons = batch.reasons or ((),) * n
    versions: NDArray[np.generic] | None = batch.extra.get("calibration_version")
    version = _JSON.encode(None if versions is None else str(versions[0]))
    return [
        b'"validation":"%b","quality_score":%b%b,"calibration_version":%b}\n'
        % (_STATUS_TEXT[verdict], number_text(quality), _reasons(why), version)
        for verdict, quality, why in zip(verdicts, qualities, reasons, strict=True)
    ]


def _reasons(why: tuple[str, ...]) -> bytes:
    return b',"quality_reasons":' + _JSON.encode(why) if why else b""
