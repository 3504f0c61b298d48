"""What in a frame may follow the chest: a few smooth shapes along the tones of every antenna.

A frame becomes a row of shapes, small enough to keep a minute of; a minute of rows becomes
`Streams`, in which breathing is looked for. Reflections change the channel smoothly along the
tones and noise does not, so means over groups of tones and a few cosines keep the one and lose
most of the other.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import C64, F32, I64, Bools
from airsonde.csi.ratio import antenna_products
from airsonde.csi.resample import bridged
from airsonde.csi.spikes import without_spikes

_GROUPS: Final = 16
_HALVES: Final = 2
_COSINES: Final = 4
_MOST_CHAINS: Final = 9
_SPIKE_SIGMAS: Final = 4.5
_FLUTTER_FRAMES: Final = 3
_FLUTTER_BINS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streams:
    """float32[n, M] series; `party` int[M] numbers those that share antennas, tones and kind.

    The first `levels` of every eight are amplitudes: four shapes of each half band of a chain.
    """

    rows: F32
    party: NDArray[np.intp]
    chains: int

    @property
    def levels(self) -> F32:
        """float32[n, 2·C]: amplitude of the half bands of every chain."""
        return self.rows[:, : self.chains * _HALVES * _COSINES : _COSINES]


def shapes(csi: C64, amplitude: F32) -> F32:
    """float32[N, C·34 + P·32] of complex64[N, n_rx, n_tx, T] frames on T tones.

    `amplitude` float32[N, n_rx·n_tx, T] is theirs, normalised. A row holds 16 groups of tones of:
    amplitude and bend of every chain, real and imaginary part of every antenna pair; and the
    squared level of the half bands of every chain. At most nine chains and nine pairs (C, P) are
    kept.
    """
    chains = csi.reshape(len(csi), -1, csi.shape[-1])[:, :_MOST_CHAINS]
    level = amplitude[:, :_MOST_CHAINS] @ _averages(csi.shape[-1])
    parts = [level, _bend(chains)]
    if csi.shape[1] > 1:
        products = antenna_products(csi).reshape(len(csi), -1, csi.shape[-1])[:, :_MOST_CHAINS]
        grouped = products @ _averages(csi.shape[-1])
        parts += [grouped.real, grouped.imag]
    parts.append(np.square(_half_means(level)))
    return np.concatenate([part.reshape(len(csi), -1) for part in parts], axis=1)


def flutter(history: F32, count: I64, chains: int) -> float:
    """Standard deviation of the half bands' level among the frames of a bin; its median over bins.

    Of n rows of shapes that are means of int64[n] frames; 0 where few bins hold three frames.
    What moves fast shows here and not in the bins' means. Unbiased: times count / (count - 1).
    """
    full = count >= _FLUTTER_FRAMES
    if np.count_nonzero(full) < _FLUTTER_BINS:
        return 0.0
    chains = min(chains, _MOST_CHAINS)
    rows, frames = history[full], count[full]
    mean = _half_means(rows[:, : chains * _GROUPS])
    spread = (rows[:, -chains * _HALVES :] - np.square(mean)).mean(axis=1)
    unbiased = np.maximum(spread, 0) * frames / (frames - 1)
    return float(np.sqrt(np.median(unbiased)))


def _half_means(level: F32) -> F32:
    """float32[N, 2·C] of float32[N, C·16] or [N, C, 16]: mean over each half band."""
    halves = level.reshape(len(level), -1, _GROUPS // _HALVES)
    return np.asarray(halves.mean(axis=-1), dtype=np.float32)


def _bend(chains: C64) -> F32:
    """float32[N, C, 16]: phase against the tone a quarter of the band away, weighed by power.

    The carrier's phase cancels in the product; a timing offset turns all products of a frame
    alike and is turned back. Source: the ratio across subcarriers of SA-WiSense (2025).
    """
    apart = max(int(chains.shape[-1]) // 4, 1)
    product = chains[..., apart:] * chains[..., :-apart].conj()
    total = product.sum(axis=-1, keepdims=True)
    parts = np.ascontiguousarray(chains).view(np.float32)
    power = np.einsum("nct,nct->nc", parts, parts)[..., None] / np.float32(chains.shape[-1])
    turned = product.imag * total.real - product.real * total.imag
    scale = np.abs(total) * power
    grouped = turned @ _averages(turned.shape[-1])
    return np.asarray(grouped / np.where(scale > 0, scale, np.float32(np.inf)), dtype=np.float32)


@lru_cache(maxsize=64)
def _averages(tones: int) -> F32:
    """float32[T, 16]: means of neighbouring tones; with fewer than 16 tones they repeat."""
    edges = np.linspace(0, tones, _GROUPS + 1)
    first, last = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    out = np.zeros((tones, _GROUPS), np.float32)
    for group, (a, b) in enumerate(zip(first, last, strict=True)):
        out[a:b, group] = 1 / (b - a)
    return out


@lru_cache(maxsize=1)
def _cosines() -> F32:
    """float32[8, 4], orthonormal: half a band of groups to its four smoothest shapes."""
    width = _GROUPS // _HALVES
    at = np.pi * (np.arange(width) + 0.5) / width
    waves = np.stack([np.cos(k * at) for k in range(_COSINES)], axis=1)
    return np.asarray(waves / np.linalg.norm(waves, axis=0), dtype=np.float32)


def streams(history: F32, real: Bools, chains: int) -> Streams:
    """Series of n rows of shapes, of which those that are `real` (bool[n]) were measured.

    Amplitude and bend: four cosines a half band. Antenna pairs: the phase common to a half band,
    taken against the mean over time, and three cosines of what remains. The rest of the rows is
    bridged; outliers along time are replaced.
    """
    chains = min(chains, _MOST_CHAINS)
    whole = bridged(history[:, : -chains * _HALVES], real)
    single = 2 * chains * _GROUPS
    halves = (whole[:, :single] - whole[:, :single].mean(axis=0)).reshape(len(whole), -1, 8)
    parts: list[F32] = [halves @ _cosines()]
    if whole.shape[1] > single:
        real_part, imaginary = np.split(whole[:, single:], 2, axis=1)
        parts += _antenna_parts((real_part + 1j * imaginary).reshape(len(whole), -1, 8))
    widths = [part.shape[-1] for part in parts for _ in range(part.shape[1])]
    rows = np.concatenate([part.reshape(len(real), -1) for part in parts], axis=1)
    return Streams(
        rows=without_spikes(rows, _SPIKE_SIGMAS),
        party=np.repeat(np.arange(len(widths)), widths),
        chains=chains,
    )


def _antenna_parts(z: NDArray[np.complexfloating]) -> list[F32]:
    """Of [n, halves, 8] products: phase common to a half, and shapes of what remains."""
    mean = z.mean(axis=0)
    size = np.sqrt(np.square(np.abs(mean)).mean(axis=-1, keepdims=True))
    against = z * mean.conj() / np.maximum(size, np.float32(1e-6))
    common = np.angle(against.sum(axis=-1, keepdims=True))
    rest = (against * np.exp(-1j * common)).imag @ _cosines()[:, 1:]
    return [common.astype(np.float32), rest.astype(np.float32)]
