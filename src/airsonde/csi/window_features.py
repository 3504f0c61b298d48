"""Numbers that describe one window, for whoever trains, plots or compares; all without scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.events import Window
from airsonde.csi.features import variation
from airsonde.csi.model import F32, I64

_MOTION_HZ = (0.3, 5.0)
_FEWEST_FRAMES = 8
_SELECTED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFeatures:
    """None where a window has too few frames (8) to tell.

    | field | what |
    |---|---|
    | motion_energy | RMS change of relative amplitude from frame to frame, mean over frames |
    | variation | median over tones of the coefficient of variation along time |
    | doppler_energy | variance of relative amplitude at 0.3 to 5 Hz, mean over tones |
    | doppler_share | the same over the variance at all frequencies, 0..1 |
    | doppler_hz | centroid of the spectrum in that band |
    | selected | subcarriers (index relative to DC) that vary most, strongest first |
    """

    motion_energy: float | None
    variation: float | None
    doppler_energy: float | None
    doppler_share: float | None
    doppler_hz: float | None
    selected: tuple[int, ...]


def window_features(window: Window) -> WindowFeatures:
    """Describe a window. Source of the band: human movement at 2.4 to 5 GHz, below 2 m/s."""
    rows, t_ns = window.amplitude, window.frames.t_ns
    if len(rows) < _FEWEST_FRAMES or t_ns[-1] <= t_ns[0] or not rows.shape[1]:
        return WindowFeatures(
            motion_energy=None,
            variation=None,
            doppler_energy=None,
            doppler_share=None,
            doppler_hz=None,
            selected=(),
        )
    hz, power = doppler_spectrum(t_ns, rows)
    band = (hz >= _MOTION_HZ[0]) & (hz <= _MOTION_HZ[1])
    inside, total = float(power[band].sum()), float(power.sum())
    varied = variation(rows)
    return WindowFeatures(
        motion_energy=motion_energy(rows),
        variation=varied if np.isfinite(varied) else None,
        doppler_energy=inside,
        doppler_share=inside / total if total > 0 else None,
        doppler_hz=float((hz[band] * power[band]).sum() / inside) if inside > 0 else None,
        selected=_named(window, select_tones(rows, _SELECTED)),
    )


def motion_energy(rows: F32) -> float:
    """Mean over successive rows of float32[W, T] of the RMS of their difference; W >= 2."""
    return float(np.sqrt(np.mean(np.diff(rows, axis=0) ** 2, axis=1)).mean())


def doppler_spectrum(t_ns: I64, rows: F32) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variance of float32[W, T] rows at t_ns by frequency: float64[F] Hz without 0, float64[F].

    Rows are brought to an even grid of W points by linear interpolation and weighted by a Hann
    window; the mean over tones of the one-sided periodogram sums to about the variance.
    """
    count = len(rows)
    at = np.linspace(t_ns[0], t_ns[-1], count)
    right = np.clip(np.searchsorted(t_ns, at), 1, count - 1)
    span = np.maximum(t_ns[right] - t_ns[right - 1], 1)
    share = np.clip((at - t_ns[right - 1]) / span, 0, 1)[:, None]
    even = rows[right - 1] * (1 - share) + rows[right] * share
    taper = np.hanning(count)[:, None]
    spectrum = np.fft.rfft((even - even.mean(axis=0)) * taper, axis=0)[1:]
    power = 2 * np.abs(spectrum) ** 2 / (count * float((taper**2).sum()))
    hz = np.fft.rfftfreq(count, float(t_ns[-1] - t_ns[0]) / 1e9 / (count - 1))[1:]
    return np.asarray(hz, np.float64), np.asarray(power.mean(axis=1), np.float64)


def select_tones(rows: F32, count: int) -> NDArray[np.intp]:
    """Columns of float32[W, T] that vary most for what noise they have, best first.

    The measure is the variance over half the mean square of successive differences: 1 for noise
    that is new in every row (von Neumann 1941), more for what lasts.
    """
    noise = np.mean(np.diff(rows, axis=0) ** 2, axis=0) / 2
    lasting = rows.var(axis=0) / np.maximum(noise, np.float32(1e-12))
    return np.argsort(-lasting, kind="stable")[:count]


def _named(window: Window, columns: NDArray[np.intp]) -> tuple[int, ...]:
    subcarriers = window.lane.subcarriers
    return tuple(subcarriers[window.tones[columns] % len(subcarriers)].tolist())
