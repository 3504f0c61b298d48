"""One receive antenna against another: what a radio does to both falls out."""

from itertools import combinations

import numpy as np

from airsonde.csi.model import C64, F32

_MOST_PAIRS = 3


def antenna_pairs(n_rx: int) -> list[tuple[int, int]]:
    """Up to three pairs of receive antennas, each antenna in as many as the others."""
    if n_rx <= _MOST_PAIRS:
        return list(combinations(range(n_rx), 2))
    return [(i, (i + n_rx // 2) % n_rx) for i in range(_MOST_PAIRS)]


def antenna_products(csi: C64) -> C64:
    """complex64[N, P, n_tx, S]: H_i · conj(H_j) over the RMS of both along the tones.

    From complex64[N, n_rx, n_tx, S]; P pairs of receive antennas, none with a single antenna. The
    oscillator's phase and the sampling offset are common to both antennas and cancel, the RMS
    takes out gain control. An antenna that received nothing gives 0. Source: Zeng et al.,
    FarSense (2019), where the quotient is used; the product does not blow up in a fade.
    """
    pairs = antenna_pairs(csi.shape[1])
    if not pairs:
        return np.empty((len(csi), 0, *csi.shape[2:]), np.complex64)
    unit = csi / _rms(csi)
    return np.stack([unit[:, i] * unit[:, j].conj() for i, j in pairs], axis=1)


def _rms(csi: C64) -> F32:
    power = np.square(csi.real) + np.square(csi.imag)
    mean = power.mean(axis=-1, keepdims=True, dtype=np.float32)
    return np.sqrt(np.where(mean > 0, mean, np.float32(np.inf)))
