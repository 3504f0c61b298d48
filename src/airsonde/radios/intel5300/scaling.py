"""The published scaling of Intel 5300 CSI to absolute units.

Source: Linux 802.11n CSI Tool, get_total_rss.m and get_scaled_csi.m.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import C64, FrameBatch

_NOISE_DBM = -92.0
_STREAM_GAIN = {1: 1.0, 2: 2.0, 3: 10**0.45}
_REFERENCE_DB = 44.0


def total_rss_dbm(rssi_db: NDArray[Any], agc_db: NDArray[Any]) -> NDArray[np.float64]:
    """float64[n], dBm: power of the chains rssi_db[n, 3] added up, less 44 dB and the gain.

    A chain that says 0 heard nothing; NaN where none heard anything.
    """
    powers = np.where(rssi_db > 0, 10.0 ** (rssi_db / 10.0), 0.0).sum(axis=1)
    with np.errstate(divide="ignore"):
        total = 10.0 * np.log10(powers) - _REFERENCE_DB - agc_db
    return np.where(powers > 0, total, np.nan)


def scaled_csi(batch: FrameBatch) -> C64:
    """complex64[N, n_rx, n_tx, S]: channel whose |h|² is the SNR (linear) at each receive chain.

    csi · √(s / (thermal + s · n_rx · n_tx) · g) with s = received power / mean CSI power per
    subcarrier, thermal = the noise measured (-92 dBm where it was not), g = 1, 2, 10^0.45 for
    1, 2, 3 streams. Powers in mW. Frames without RSSI become 0.
    """
    lane = batch.lane
    rssi = np.stack([batch.extra[f"rssi_{c}_db"] for c in "abc"], axis=1)
    received = 10.0 ** (total_rss_dbm(rssi, batch.extra["agc_db"]) / 10.0)
    power = (np.abs(batch.csi.astype(np.complex128)) ** 2).sum(axis=(1, 2, 3))
    noise = batch.noise_dbm if batch.noise_dbm is not None else np.full(len(batch), np.nan)
    thermal = 10.0 ** (np.where(np.isnan(noise), _NOISE_DBM, noise.astype(np.float64)) / 10.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = received / (power / len(lane.subcarriers))
        gain = np.sqrt(scale / (thermal + scale * lane.n_rx * lane.n_tx) * _STREAM_GAIN[lane.n_tx])
    gain = np.where(np.isfinite(gain), gain, 0.0)
    scaled: C64 = (batch.csi * gain[:, None, None, None]).astype(np.complex64)
    return scaled
