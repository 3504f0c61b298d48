"""Bring frames at the times at which they came to an even grid, and say how much of it is real."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, I64, Bools


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bins:
    """Means of frames in bins of equal length: `number` int64[B] ascending, `rows` [B, ...]."""

    number: I64
    rows: NDArray[np.inexact]
    count: I64


def binned(t_ns: I64, rows: NDArray[np.inexact], step_ns: int) -> Bins:
    """Mean of the rows [N, ...] whose time lies in [number·step, (number + 1)·step), by number.

    Times need not ascend; frames of one time count each. Only bins with a frame are given.
    """
    number = t_ns // step_ns
    if len(number) > 1 and (np.diff(number) < 0).any():
        order = np.argsort(number, kind="stable")
        number, rows = number[order], rows[order]
    first = np.flatnonzero(np.concatenate([[True], number[1:] != number[:-1]]))[: len(number)]
    if not len(first):
        return Bins(number=number, rows=rows, count=number)
    count = np.diff(np.append(first, len(number)))
    mean = np.add.reduceat(rows, first, axis=0) / count.reshape(-1, *(1,) * (rows.ndim - 1))
    return Bins(number=number[first], rows=mean.astype(rows.dtype), count=count)


def bridged(rows: F32, real: Bools) -> F32:
    """float32[N, M] with the rows that are not `real` on a straight line between real neighbours.

    Rows before the first and after the last real one repeat it; without any the rows are 0.
    """
    if real.all():
        return rows
    at = np.flatnonzero(real)
    if not len(at):
        return np.zeros_like(rows)
    place = np.arange(len(rows))
    after = np.clip(np.searchsorted(at, place), 0, len(at) - 1)
    before = np.clip(np.searchsorted(at, place, side="right") - 1, 0, len(at) - 1)
    left, right = at[before], at[after]
    share = (place - left) / np.maximum(right - left, 1)
    weight = np.clip(share, 0, 1).astype(rows.dtype)[:, None]
    return np.asarray(rows[left] * (1 - weight) + rows[right] * weight)
