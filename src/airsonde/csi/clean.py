"""Take out of frames what is not the channel's: gain, phase offset and slope, outliers, the room.

All functions work on batches or rows and return new arrays; those along time come as classes that
remember, so that a stream may be cut anywhere.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import ConfigError
from airsonde.csi.amplitude import amplitude
from airsonde.csi.model import F32, FrameBatch, Lane
from airsonde.csi.tones import pilot_tones

_MAD_TO_SIGMA: Final = np.float32(1.4826)


def signal_tones(lane: Lane, *, pilots: bool = True) -> NDArray[np.intp]:
    """intp[T]: which of the n_rx * n_tx * S values of a frame carry the channel.

    Nulls, DC and PHY status words are left out, and pilots too where they are not wanted.
    """
    valid = lane.valid.copy()
    if not pilots and lane.ppdu is not None and lane.width_mhz is not None:
        valid &= ~np.isin(lane.subcarriers, pilot_tones(lane.ppdu, lane.width_mhz))
    return np.flatnonzero(np.tile(valid, lane.n_rx * lane.n_tx))


def relative_amplitude(batch: FrameBatch, tones: NDArray[np.intp]) -> F32:
    """float32[N, T]: |H| at `tones` over its RMS there, per frame and receive antenna.

    Gain control acts on all tones of an antenna at once, so this takes it out. Zero throughout
    antennas that received nothing.
    """
    lane = batch.lane
    n, per_rx = len(batch), lane.n_tx * len(lane.subcarriers)
    rows = np.zeros((n, len(tones)), np.float32)
    size = amplitude(np.take(batch.csi.reshape(n, -1), tones, axis=1))
    for rx in range(lane.n_rx):
        first, stop = np.searchsorted(tones, [rx * per_rx, (rx + 1) * per_rx]).tolist()
        part = size[:, first:stop]
        with np.errstate(over="ignore", divide="ignore"):
            rms = np.sqrt((part * part).sum(axis=1) / np.float32(max(stop - first, 1)))
        known = np.isfinite(rms) & (rms > 0)
        np.divide(part, rms[:, None], out=rows[:, first:stop], where=known[:, None])
    return rows


def without_dc(rows: F32) -> F32:
    """float32[N, T] less the mean of each row: the shape over the tones alone."""
    return np.asarray(rows - rows.mean(axis=-1, keepdims=True), np.float32)


def unwrapped(phase: F32) -> F32:
    """float32[..., T], radians: phase along the last axis without jumps of more than pi."""
    return np.asarray(np.unwrap(phase, axis=-1), np.float32)


def hampel(rows: F32, half: int = 3, sigmas: float = 3.0) -> F32:
    """Values of float32[N, T] that are outliers among their neighbours in time, made the median.

    Outlier: further than `sigmas` * 1.4826 * MAD from the median of 2 * half + 1 rows (fewer at
    both ends). Source: Hampel identifier; Liu, Shah, Jiang 2004.
    """
    padded = np.pad(rows, ((half, half), (0, 0)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    with np.errstate(invalid="ignore"):
        middle = np.nanmedian(around, axis=-1)
        spread = np.nanmedian(np.abs(around - middle[..., None]), axis=-1) * _MAD_TO_SIGMA
        outlier = np.abs(rows - middle) > sigmas * spread
    return np.asarray(np.where(outlier, middle, rows), np.float32)


def moving_average(rows: F32, size: int) -> F32:
    """Mean of each row of float32[N, T] and its neighbours, size // 2 on either side, along time.

    Source: the rvCSI reference's rule, by which an even size acts as the next odd one.
    """
    half = size // 2
    sums = np.cumsum(np.pad(rows.astype(np.float64), ((1, 0), (0, 0))), axis=0)
    at = np.arange(len(rows))
    first, stop = np.maximum(at - half, 0), np.minimum(at + half + 1, len(rows))
    return np.asarray((sums[stop] - sums[first]) / (stop - first)[:, None], np.float32)


@dataclass(slots=True)
class Ewma:
    """Exponentially weighted mean along time: y = alpha x + (1 - alpha) y, the first row as is."""

    alpha: float
    _last: F32 | None = field(default=None, init=False)

    def push(self, rows: F32) -> F32:
        """float32[N, T] to the same shape; it remembers from call to call."""
        out = np.empty_like(rows)
        for at, row in enumerate(rows):
            kept = self._last
            smooth = row if kept is None else kept + np.float32(self.alpha) * (row - kept)
            self._last = out[at] = smooth
        return out


def without_baseline(rows: F32, baseline: F32) -> F32:
    """float32[N, T] less a baseline float32[T] of the same domain: learnt on such rows.

    Raises ConfigError when it has another number of tones.
    """
    if baseline.shape != rows.shape[1:]:
        raise ConfigError(
            f"the baseline has {len(baseline)} tones, the frames {rows.shape[1]}; calibrate anew"
        )
    return np.asarray(rows - baseline, np.float32)
