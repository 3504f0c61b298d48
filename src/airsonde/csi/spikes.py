"""Take single wild values out of slow series, at a cost that fits a live stream."""

import numpy as np

from airsonde.csi.features import median_of_five
from airsonde.csi.model import F32

_MAD_TO_SIGMA = 1.4826


def without_spikes(rows: F32, sigmas: float) -> F32:
    """float32[N, M]: values further than `sigmas` from the median of five rows, made that median.

    Sigma is 1.4826 times the median deviation from the running median over all rows of a column,
    so that a quiet second does not make its neighbours outliers; `clean.hampel` asks the
    neighbours alone. The first and last two rows stay.
    """
    if len(rows) < 5:
        return rows
    inner, centre = rows[2:-2], median_of_five(rows)
    away = np.abs(inner - centre)
    far = away > np.float32(_MAD_TO_SIGMA * sigmas) * np.median(away, axis=0)
    out = rows.copy()
    out[2:-2] = np.where(far, centre, inner)
    return out
