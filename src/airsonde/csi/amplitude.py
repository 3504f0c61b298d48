"""Amplitude of complex samples as single precision gives it: sqrt(i² + q²), not hypot."""

import numpy as np

from airsonde.csi.model import C64, F32


def amplitude(csi: C64) -> F32:
    """float32, same shape; infinite where a square does not fit."""
    i, q = csi.real, csi.imag
    with np.errstate(over="ignore", invalid="ignore"):
        size: F32 = np.sqrt(i * i + q * q)
    return size
