"""Write frames as RVNX records: int16 in Q8.8, rounded half away from zero. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import ConfigError
from airsonde.csi.lanes import stated_channel
from airsonde.csi.model import C64, FrameBatch
from airsonde.csi.raw_order import to_file
from airsonde.radios.nexmon.rvnx import (
    HAS_NOISE,
    HAS_RSSI,
    HEADER_BYTES,
    MAGIC,
    MAX_SUBCARRIERS,
    SCALE,
    VERSION,
)

_FIELDS: Final = np.dtype(
    [
        ("magic", "S4"),
        ("version", "u1"),
        ("flags", "u1"),
        ("count", "<u2"),
        ("rssi", "i1"),
        ("noise", "i1"),
        ("channel", "<u2"),
        ("width", "<u2"),
        ("reserved", "<u2"),
        ("t_ns", "<u8"),
    ]
)


def encode(batch: FrameBatch) -> NDArray[np.uint8]:
    """uint8[n, 24 + 4S]: one record a frame and chain pair, receive chain first.

    Raises ConfigError for a lane of no or more than 2048 subcarriers.
    """
    lane = batch.lane
    size, chains = len(lane.subcarriers), lane.n_rx * lane.n_tx
    if not 1 <= size <= MAX_SUBCARRIERS:
        raise ConfigError(f"an RVNX record holds 1 to {MAX_SUBCARRIERS} subcarriers, not {size}")
    header = np.zeros(len(batch), _FIELDS)
    header["magic"], header["version"], header["count"] = MAGIC, VERSION, size
    header["channel"], header["width"] = stated_channel(lane)
    header["t_ns"] = batch.t_ns.astype(np.uint64)
    for name, flag, level in (
        ("rssi", HAS_RSSI, batch.rssi_dbm),
        ("noise", HAS_NOISE, batch.noise_dbm),
    ):
        known = np.zeros(len(batch), bool) if level is None else ~np.isnan(level)
        header["flags"] |= np.where(known, flag, 0).astype(np.uint8)
        if level is not None:
            header[name] = np.where(known, level, 0).astype(np.int16).astype(np.int8)
    out = np.empty((len(batch), chains, HEADER_BYTES + 4 * size), np.uint8)
    out[..., :HEADER_BYTES] = header.view(np.uint8).reshape(len(batch), 1, HEADER_BYTES)
    samples = _fixed_point(to_file(batch.csi, lane.family))
    out[..., HEADER_BYTES:] = (
        samples.reshape(len(batch), chains, size, 2)
        .view(np.uint8)
        .reshape(len(batch), chains, 4 * size)
    )
    return out.reshape(-1, out.shape[-1])


def _fixed_point(csi: C64) -> NDArray[np.int16]:
    """int16[..., 2], Q8.8: clamped, halves away from zero, NaN as 0; all in float32."""
    parts = np.ascontiguousarray(csi).view(np.float32).reshape(*csi.shape, 2)
    with np.errstate(over="ignore"):
        scaled = np.nan_to_num(parts * SCALE, nan=0, posinf=32767, neginf=-32768)
    rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))
    words: NDArray[np.int16] = rounded.clip(-32768, 32767).astype("<i2")
    return words
