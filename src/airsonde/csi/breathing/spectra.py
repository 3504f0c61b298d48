"""How much of a stream's slow change one sinusoid explains, rate by rate.

Least squares with a half-sine taper: offset, slope and bow of a segment are fitted together with
the sinusoid, so a slow rate is not removed as drift before it is looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32

STEP_S: Final = 0.2
RATES_BPM: Final[NDArray[np.float64]] = np.arange(1.5, 48.01, 0.5)
RATES_BPM.flags.writeable = False
_BAND_BPM = (1.5, 48.0)
_MOVING_BPM = (50.0, 84.0)
_NOISE_BPM = (108.0, 150.0)
_ROUNDING = np.float32(1e-9)  # energy of a minute of single-precision rounding, and then some


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectra:
    """Of M streams over all segments: `power` float32[F, M] explained at RATES_BPM, and energy.

    `energy` float32[M] is that of the band; `moving` and `noise` float32[M] are mean densities
    at 0.8 to 1.4 Hz and 1.8 to 2.5 Hz.
    """

    power: F32
    energy: F32
    moving: F32
    noise: F32

    @property
    def share(self) -> F32:
        """float32[F, M], 0..1: the part of the band's energy that a sinusoid explains."""
        return np.minimum(self.power / np.maximum(self.energy, _ROUNDING), 1)


def spectra(rows: F32, segments: Sequence[slice]) -> Spectra:
    """Explained power of float32[n, M] at an even 5 Hz, summed over segments (≥ 1)."""
    parts = [_of_segment(rows[segment]) for segment in segments]
    power, energy, moving, noise = (
        sum(column[1:], column[0]) for column in zip(*parts, strict=True)
    )
    return Spectra(power=power, energy=energy, moving=moving, noise=noise)


def explained(rows: F32) -> F32:
    """float32[F, M]: the part of all energy of a single segment that a sinusoid explains."""
    tapered, power = _fitted(rows)
    return np.asarray(power / np.maximum(np.square(tapered).sum(axis=0), _ROUNDING))


def _fitted(rows: F32) -> tuple[F32, F32]:
    """float32[n, M] tapered and free of drift, and float32[F, M] power at the rates."""
    taper, drift, waves = _basis(len(rows))
    tapered = rows * taper
    tapered -= drift @ (drift.T @ tapered)
    seen = np.square(waves.T @ tapered)
    return tapered, seen[: len(RATES_BPM)] + seen[len(RATES_BPM) :]


def _of_segment(rows: F32) -> tuple[F32, F32, F32, F32]:
    tapered, power = _fitted(rows)
    spectrum = np.square(np.abs(np.fft.rfft(tapered, axis=0))) * np.float32(2 / len(rows))
    energy, moving, noise = _bands(len(rows)) @ spectrum
    return power, np.maximum(energy, power.max(axis=0)), moving, noise


@lru_cache(maxsize=12)
def _basis(n: int) -> tuple[F32, F32, F32]:
    """Taper [n, 1], orthonormal drift [n, 3], and per rate an orthonormal pair free of drift."""
    at = np.arange(n) + 0.5
    taper = np.sin(np.pi * at / n)[:, None]
    drift = np.linalg.qr(np.stack([(at / n - 0.5) ** k for k in range(3)], axis=1) * taper)[0]
    angle = 2 * np.pi / 60 * STEP_S * at[:, None] * RATES_BPM
    cosine, sine = np.cos(angle) * taper, np.sin(angle) * taper
    cosine, sine = (wave - drift @ (drift.T @ wave) for wave in (cosine, sine))
    cosine /= np.linalg.norm(cosine, axis=0)
    sine -= cosine * (cosine * sine).sum(axis=0)
    sine /= np.linalg.norm(sine, axis=0)
    waves = np.concatenate([cosine, sine], axis=1)
    return taper.astype(np.float32), drift.astype(np.float32), waves.astype(np.float32)


@lru_cache(maxsize=12)
def _bands(n: int) -> F32:
    """float32[3, n // 2 + 1], weights of a power spectrum: a band's energy, two mean densities."""
    rate = np.fft.rfftfreq(n, STEP_S) * 60
    low, high = np.array([_BAND_BPM, _MOVING_BPM, _NOISE_BPM]).T[..., None]
    inside = (rate >= low) & (rate <= high)
    scale = np.maximum(inside.sum(axis=1, keepdims=True), 1)
    scale[0] = 1
    return np.asarray(inside / scale, dtype=np.float32)
