"""Hampel's filter along time: a value far from the running median becomes the median."""

import numpy as np

from airsonde.csi.model import F32


def hampel(rows: F32, sigmas: float) -> F32:
    """float32[N, M], cleaned: |x - median of 5| > sigmas · 1.4826 · MAD, column by column.

    The median runs over five rows; the spread is the median deviation from it over all rows, so
    that a quiet second does not make its neighbours outliers. The first and last two rows stay.
    Source: Davies and Gather (1993).
    """
    if len(rows) < 5:
        return rows
    inner = rows[2:-2]
    centre = median_of_five(rows)
    away = np.abs(inner - centre)
    far = away > np.float32(1.4826 * sigmas) * np.median(away, axis=0)
    out = rows.copy()
    out[2:-2] = np.where(far, centre, inner)
    return out


def median_of_five(rows: F32) -> F32:
    """float32[N - 4, M]: median of each five neighbours along axis 0, by a sorting network."""
    a, b, c, d, e = (rows[i : len(rows) - 4 + i] for i in range(5))
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.asarray(np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e)))
