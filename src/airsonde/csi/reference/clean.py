"""Clean amplitude and phase of whole frames as the reference does, across subcarriers.

Every function takes and gives float32[N, S]; a row never looks at another row.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from airsonde.csi.model import F32
from airsonde.csi.reference.model import Frames
from airsonde.csi.reference.sums import sum_in_order

_HALF: Final = 3
_SIGMAS: Final = np.float32(3)
_MAD_TO_SIGMA: Final = np.float32(1.4826)
_PI: Final = np.float32(np.pi)
_TURN: Final = np.float32(2 * np.pi)
_CHUNK: Final = 1 << 16

# Compare and exchange these places of seven values and the median stands at the fourth.
_MEDIAN_OF_7: Final = (
    *((0, 5), (0, 3), (1, 6), (2, 4), (0, 1), (3, 5), (2, 6)),
    *((2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4)),
)


def clean(frames: Frames, baseline: F32 | None = None) -> Frames:
    """Hampel, moving average, DC removal and the baseline on amplitude; unwrapped phase.

    `baseline` (float32[S]) is subtracted where it has the frames' size.
    """
    if not frames.amplitude.shape[1]:
        return frames
    with np.errstate(invalid="ignore", over="ignore"):
        amplitude = remove_dc(moving_average(hampel(frames.amplitude)))
        if baseline is not None and len(baseline) == amplitude.shape[1]:
            amplitude = amplitude - baseline
        return replace(frames, amplitude=amplitude, phase=unwrap(frames.phase))


def hampel(values: F32) -> F32:
    """Replace what lies over 3 sigma from the median of its 7 neighbours by that median.

    Sigma is 1.4826 times the median distance from the median; windows are clipped at the ends.
    """
    out = values.copy()
    rows = max(_CHUNK // max(values.shape[1], 1), 1)
    for start in range(0, len(values), rows):
        part = slice(start, start + rows)
        out[part] = _hampel(values[part])
    return out


def _hampel(values: F32) -> F32:
    out = values.copy()
    count = values.shape[1]
    inner = count - 2 * _HALF
    if inner > 0:
        window = [values[:, k : k + inner] for k in range(2 * _HALF + 1)]
        out[:, _HALF : _HALF + inner] = _judged(window[_HALF], window)
    for at in range(count):
        if not _HALF <= at < count - _HALF:
            around = values[:, max(at - _HALF, 0) : at + _HALF + 1]
            out[:, at] = _judged(values[:, at], list(around.T))
    return out


def _judged(values: F32, window: Sequence[F32]) -> F32:
    middle = _median(window)
    spread = _MAD_TO_SIGMA * _median([np.abs(w - middle) for w in window])
    outlier = np.abs(values - middle) > _SIGMAS * spread
    judged: F32 = np.where(outlier, middle, values)
    return judged


def _median(window: Sequence[F32]) -> F32:
    """Median over the arrays of a window, element by element; of the two middle ones the mean."""
    if len(window) == 2 * _HALF + 1:
        return _median_of_7(window)
    ranked = np.sort(np.stack(window), axis=0)
    low, high = ranked[(len(window) - 1) // 2], ranked[len(window) // 2]
    middle: F32 = high if len(window) % 2 else (low + high) / np.float32(2)
    return middle


def _median_of_7(window: Sequence[F32]) -> F32:
    values = list(window)
    for low, high in _MEDIAN_OF_7:
        a, b = values[low], values[high]
        values[low], values[high] = np.minimum(a, b), np.maximum(a, b)
    return values[_HALF]


def moving_average(values: F32) -> F32:
    """Mean of each value and its neighbours, as many as there are."""
    total = values.copy()
    total[:, 1:] = values[:, :-1] + values[:, 1:]
    total[:, :-1] += values[:, 1:]
    count = np.full(values.shape[1], 3, np.float32)
    count[:1] -= 1
    count[-1:] -= 1
    average: F32 = total / count
    return average


def remove_dc(values: F32) -> F32:
    """Subtract each row's mean."""
    mean = sum_in_order(values, axis=1) / np.float32(values.shape[1])
    centered: F32 = values - mean[:, None]
    return centered


def unwrap(phase: F32) -> F32:
    """Add whole turns where a step exceeds half a turn; a step of exactly float32 pi stays."""
    step = np.diff(phase, axis=1)
    turns = np.where(step > _PI, -_TURN, np.where(step < -_PI, _TURN, np.float32(0)))
    out = phase.copy()
    out[:, 1:] += np.add.accumulate(turns, axis=1)
    return out
