"""The words of the reference pipeline: frames of one size, windows, events."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.events import EventKind
from airsonde.csi.model import F32, I64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frames:
    """N frames of one size, ascending in `place`, their position in the block they came in.

    `amplitude` and `phase` (radians) are float32[N, S] in the order of the source's file.
    """

    place: NDArray[np.intp]
    t_ns: I64
    quality: F32
    amplitude: F32
    phase: F32

    def __len__(self) -> int:
        return len(self.t_ns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """Statistics of up to 16 frames; the vectors are float32[S], `motion_energy` is in their unit.

    Presence and quality lie in 0..1. Times are those of the first and the last frame.
    """

    window_id: int
    start_ns: int
    end_ns: int
    frame_count: int
    mean_amplitude: F32
    phase_variance: F32
    motion_energy: np.float32
    presence_score: np.float32
    quality_score: np.float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a detector says at the end of a window; `evidence` holds window numbers."""

    event_id: int
    kind: EventKind
    t_ns: int
    confidence: np.float32
    evidence: tuple[int, ...]
