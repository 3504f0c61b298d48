"""CSI on the wire: rows of a 32-byte header and complex float32 samples, little-endian."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.apps.agent.hub import Rows
from airsonde.csi.model import F32, U8

VERSION: Final = 1
HEADER: Final = np.dtype(
    [
        ("version", "u1"),
        ("origin", "u1"),
        ("source", "<u2"),
        ("lane", "<u2"),
        ("subcarriers", "<u2"),
        ("t_ns", "<u8"),
        ("row", "<u4"),
        ("rssi_dbm", "<f4"),
        ("quality", "<f4"),
        ("n_rx", "u1"),
        ("n_tx", "u1"),
        ("encoding", "u1"),
        ("spare", "u1"),
    ]
)


def encode_rows(rows: Rows) -> U8:
    """uint8[N, 32 + 8 * n_rx * n_tx * S]: one row for each frame."""
    batch, lane = rows.batch, rows.batch.lane
    number = len(batch)
    header = np.zeros(number, HEADER)
    header["version"] = VERSION
    header["origin"] = rows.source.provenance.number
    header["source"] = rows.source.number & 0xFFFF
    header["lane"] = lane.number & 0xFFFF
    header["subcarriers"] = len(lane.subcarriers)
    header["t_ns"] = batch.t_ns.astype(np.uint64)
    header["row"] = (rows.first + np.arange(number)) & 0xFFFFFFFF
    header["rssi_dbm"] = _known(batch.rssi_dbm)
    header["quality"] = _known(batch.quality)
    header["n_rx"], header["n_tx"] = lane.n_rx, lane.n_tx
    samples = np.ascontiguousarray(batch.csi, dtype="<c8").reshape(number, -1).view(np.uint8)
    encoded: U8 = np.concatenate([header.view(np.uint8).reshape(number, -1), samples], axis=1)
    return encoded


def _known(column: F32 | None) -> NDArray[np.floating] | float:
    """NaN for every value that is none."""
    return np.nan if column is None else np.where(np.isfinite(column), column, np.nan)


class Thinning:
    """Leaves rows out evenly, so that a lane does not come faster than asked for."""

    def __init__(self, most_hz: float) -> None:
        self._period_ns = round(1e9 / most_hz)
        self._due_ns: dict[tuple[str, int], int] = {}

    def chosen(self, rows: Rows) -> NDArray[np.intp]:
        """Which frames go out."""
        key = rows.source.name, rows.batch.lane.number
        due_ns = self._due_ns.get(key)
        chosen = []
        for at, t_ns in enumerate(rows.batch.t_ns.tolist()):
            if due_ns is None or not -2 * self._period_ns <= t_ns - due_ns < self._period_ns:
                due_ns = t_ns
            if t_ns >= due_ns:
                chosen.append(at)
                due_ns += self._period_ns
        if due_ns is not None:
            self._due_ns[key] = due_ns
        return np.array(chosen, np.intp)
