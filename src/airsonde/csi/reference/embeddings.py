"""Windows and events as the vectors of the reference's RF memory."""

from typing import Final

import numpy as np

from airsonde.csi.events import EventKind
from airsonde.csi.model import F32
from airsonde.csi.reference.model import Event, Window
from airsonde.csi.reference.sums import sum_in_order

_BINS: Final = 32
_KINDS: Final = tuple(EventKind)


def window_embedding(window: Window) -> F32:
    """float32[68] of length 1: both vectors at 32 places, three scores, ln(1 + frames)."""
    scores = [
        window.motion_energy,
        window.presence_score,
        window.quality_score,
        np.log(np.float32(1 + window.frame_count)),
    ]
    vectors = [_resampled(window.mean_amplitude), _resampled(window.phase_variance)]
    embedding = np.concatenate([*vectors, np.array(scores, np.float32)])
    length = np.sqrt(sum_in_order(embedding**2, axis=0))
    if not np.isfinite(length) or length == 0:
        return embedding
    normal: F32 = embedding / length
    return normal


def event_embedding(event: Event) -> F32:
    """float32[12]: which of the ten kinds, confidence, ln(1 + windows cited)."""
    embedding = np.zeros(len(_KINDS) + 2, np.float32)
    embedding[_KINDS.index(event.kind)] = 1
    embedding[-2:] = event.confidence, np.log(np.float32(1 + len(event.evidence)))
    return embedding


def _resampled(values: F32) -> F32:
    """float32[32]: linear between the neighbours, from the first value to the last."""
    if not len(values):
        return np.zeros(_BINS, np.float32)
    at = np.arange(_BINS, dtype=np.float32) * np.float32(len(values) - 1) / np.float32(_BINS - 1)
    low = at.astype(np.intp)
    high = np.minimum(low + 1, len(values) - 1)
    part = at - low.astype(np.float32)
    resampled: F32 = values[low] * (1 - part) + values[high] * part
    return resampled
