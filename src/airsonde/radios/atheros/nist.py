"""Rows of the NIST BreatheSmart logs to frames.

Three CSV files without headings, a row a frame: real parts and imaginary parts in column
rx · 342 + tx · 114 + tone, of which the tones that were measured come first, and a status row.
Source: the recordings themselves (NIST, "BreatheSmart", doi 10.18434/mds2-3012).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import C64, FrameBatch
from airsonde.radios.atheros.chips import CHAINS, NOISE_FLOOR_DBM, TONES
from airsonde.radios.atheros.lanes import atheros_lane

COLUMNS = 1026
STATUS_COLUMNS = 16
_BLOCK = (CHAINS, CHAINS, 114)


class Layout(NamedTuple):
    """What tells one lane of a log from another."""

    mhz: int
    wide: int
    tones: int
    n_rx: int
    n_tx: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NistFrame:
    """One row of the three logs."""

    number: int
    t_ns: int
    layout: Layout
    csi: C64
    status: tuple[float, ...]


def nist_frame(number: int, real: bytes, imag: bytes, status: bytes) -> NistFrame | str:
    """Read one row of each log; answer why it is no frame where it is none."""
    try:
        parts = [np.array(text.split(b","), dtype=np.float32) for text in (real, imag)]
        state = tuple(float(v) for v in status.split(b","))
        t_ns = _nanoseconds(status.split(b",", 1)[0].decode("ascii"))
        layout = Layout(*(int(state[i]) for i in (1, 2, 6, 4, 5)))
    except (ValueError, OverflowError, IndexError):
        return "row is not numbers"
    if len(parts[0]) != COLUMNS or len(parts[1]) != COLUMNS or len(state) != STATUS_COLUMNS:
        return "row has another number of columns"
    if layout.tones not in TONES or not _possible(layout):
        return "status names impossible tones or antennas"
    values = np.empty(COLUMNS, dtype=np.complex64)
    values.real, values.imag = parts
    csi = values.reshape(_BLOCK)[: layout.n_rx, : layout.n_tx, : layout.tones]
    return NistFrame(number=number, t_ns=t_ns, layout=layout, csi=csi, status=state)


def _possible(layout: Layout) -> bool:
    return 1 <= layout.n_rx <= CHAINS and 1 <= layout.n_tx <= CHAINS and layout.wide in {0, 1}


def _nanoseconds(text: str) -> int:
    """Seconds with up to nine decimals as whole nanoseconds, without rounding."""
    whole, _, part = text.strip().partition(".")
    t_ns = int(whole) * 1_000_000_000 + int(part[:9].ljust(9, "0"))
    if not 0 <= t_ns < 1 << 63:
        raise ValueError(text)
    return t_ns


def nist_batches(frames: Sequence[NistFrame], lanes: LaneBook, source: str) -> list[FrameBatch]:
    """Batches of consecutive rows, by lane."""
    groups: dict[Layout, list[NistFrame]] = {}
    for frame in frames:
        groups.setdefault(frame.layout, []).append(frame)
    return [_batch(layout, group, lanes, source) for layout, group in groups.items()]


def _batch(layout: Layout, frames: Sequence[NistFrame], lanes: LaneBook, source: str) -> FrameBatch:
    lane = lanes.lane(
        layout,
        lambda number: atheros_lane(
            number,
            source,
            mhz=layout.mhz,
            width_mhz=40 if layout.wide else 20,
            chains=(layout.tones, layout.n_rx, layout.n_tx),
        ),
    )
    status = np.array([frame.status for frame in frames], dtype=np.float64)
    noise, rssi = status[:, 7].astype(np.float32), status[:, 9].astype(np.float32)
    columns = {f"rssi_{chain}_db": status[:, 10 + chain] for chain in range(3)}
    columns |= {"rssi_db": status[:, 9], "rate": status[:, 3], "phy_error": status[:, 8]}
    return FrameBatch(
        lane=lane,
        index=np.array([frame.number for frame in frames], dtype=np.int64),
        t_ns=np.array([frame.t_ns for frame in frames], dtype=np.int64),
        csi=np.stack([frame.csi for frame in frames]),
        rssi_dbm=rssi + np.float32(NOISE_FLOOR_DBM),
        noise_dbm=np.where(noise < 0, noise, np.float32(np.nan)),
        extra={name: column.astype(np.float32) for name, column in columns.items()},
    )
