"""What in a frame may follow the chest: a few smooth shapes along the tones of every antenna.

A frame becomes `Shapes`, small enough to keep a minute of; a minute of shapes becomes `Streams`,
real series in which breathing is looked for. Reflections change the channel smoothly along the
tones and noise does not, so means over groups of tones and a few cosines keep the one and lose
most of the other.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.hampel import hampel
from airsonde.csi.model import C64, F32, Bools
from airsonde.csi.ratio import antenna_products
from airsonde.csi.resample import bridged

GROUPS: Final = 16
_HALVES: Final = 2
_COSINES: Final = 4
_MOST_CHAINS: Final = 9
_HAMPEL_SIGMAS: Final = 4.5


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """N frames or bins in groups of tones, by chain (C = n_rx · n_tx) and antenna pair (P).

    `amplitude` float32[N, C, 16]; `bend` complex64[N, C, 16], H against H a quarter of the tones
    away, less the phase common to the frame; `antennas` complex64[N, P, 16], receive antenna
    against receive antenna.
    """

    amplitude: F32
    bend: C64
    antennas: C64

    @property
    def kinds(self) -> tuple[NDArray[Any], ...]:
        return self.amplitude, self.bend, self.antennas


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streams:
    """float32[n, M] series; `party` int[M] numbers those that share antennas, tones and kind."""

    rows: F32
    party: NDArray[np.intp]


def shapes(csi: C64, amplitude: F32) -> Shapes:
    """Of complex64[N, n_rx, n_tx, T] frames on T tones, and float32[N, n_rx·n_tx, T] amplitudes.

    At most nine chains and nine antenna pairs are kept.
    """
    chains = csi.reshape(len(csi), -1, csi.shape[-1])[:, :_MOST_CHAINS]
    pairs = antenna_products(csi).reshape(len(csi), -1, csi.shape[-1])[:, :_MOST_CHAINS]
    averages = _averages(csi.shape[-1])
    return Shapes(
        amplitude=amplitude[:, :_MOST_CHAINS] @ averages,
        bend=(_bend(chains) @ _averages(chains.shape[-1] - _apart(chains))).astype(np.complex64),
        antennas=(pairs @ averages).astype(np.complex64),
    )


def _bend(chains: C64) -> C64:
    """Conjugate products across the tones, turned so that a frame's sum is real.

    The carrier's phase cancels in the product, a timing offset turns all products alike.
    Source: the ratio across subcarriers of SA-WiSense (2025).
    """
    apart = _apart(chains)
    product = chains[..., apart:] * chains[..., :-apart].conj()
    size = np.abs(product).sum(axis=-1, keepdims=True)
    total = product.sum(axis=-1, keepdims=True)
    turn = total.conj() / np.maximum(np.abs(total) * size, np.float32(1e-30))
    return np.asarray(product * turn * product.shape[-1], dtype=np.complex64)


def _apart(chains: C64) -> int:
    return max(int(chains.shape[-1]) // 4, 1)


@lru_cache(maxsize=64)
def _averages(tones: int) -> F32:
    """float32[T, 16]: means of neighbouring tones; with fewer than 16 tones they repeat."""
    edges = np.linspace(0, tones, GROUPS + 1)
    first, last = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    out = np.zeros((tones, GROUPS), np.float32)
    for group, (a, b) in enumerate(zip(first, last, strict=True)):
        out[a:b, group] = 1 / (b - a)
    return out


@lru_cache(maxsize=1)
def _cosines() -> F32:
    """float32[8, 4], orthonormal: half a band of groups to its four smoothest shapes."""
    width = GROUPS // _HALVES
    at = np.pi * (np.arange(width) + 0.5) / width
    waves = np.stack([np.cos(k * at) for k in range(_COSINES)], axis=1)
    return np.asarray(waves / np.linalg.norm(waves, axis=0), dtype=np.float32)


def streams(history: Shapes, real: Bools) -> Streams:
    """Series of n bins, of which those that are `real` (bool[n]) were measured.

    Amplitude and bend: four cosines a half band. Antenna pairs: the phase common to a half band,
    taken against the mean over time, and three cosines of what remains. The rest of the bins is
    bridged; outliers along time are replaced.
    """
    amplitude = bridged(_flat(history.amplitude), real)
    bend = bridged(_flat(history.bend.imag), real)
    parts = [_halves(rows - rows.mean(axis=0)) @ _cosines() for rows in (amplitude, bend)]
    if history.antennas.shape[1]:
        real_part = bridged(_flat(history.antennas.real), real)
        imaginary = bridged(_flat(history.antennas.imag), real)
        parts += _antenna_parts(_halves(real_part) + 1j * _halves(imaginary))
    widths = [part.shape[-1] for part in parts for _ in range(part.shape[1])]
    rows = np.concatenate([part.reshape(len(real), -1) for part in parts], axis=1)
    return Streams(
        rows=hampel(rows, _HAMPEL_SIGMAS), party=np.repeat(np.arange(len(widths)), widths)
    )


def _antenna_parts(z: NDArray[np.complexfloating]) -> list[F32]:
    """Of [n, halves, 8] products: phase common to a half, and shapes of what remains."""
    mean = z.mean(axis=0)
    size = np.sqrt(np.square(np.abs(mean)).mean(axis=-1, keepdims=True))
    against = z * mean.conj() / np.maximum(size, np.float32(1e-6))
    common = np.angle(against.sum(axis=-1, keepdims=True))
    rest = (against * np.exp(-1j * common)).imag @ _cosines()[:, 1:]
    return [common.astype(np.float32), rest.astype(np.float32)]


def _flat(values: F32) -> F32:
    return np.ascontiguousarray(values).reshape(len(values), -1)


def _halves(rows: F32) -> F32:
    """[n, C · 16] to [n, C · 2, 8]: half bands."""
    return rows.reshape(len(rows), -1, GROUPS // _HALVES)
