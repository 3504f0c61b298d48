"""What motion detection needs to know of a quiet room."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import ConfigError

_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionBaseline:
    """Median of the motion scores of a quiet room and their spread, 1.4826 * MAD."""

    median: float
    spread: float

    @classmethod
    def of(cls, scores: NDArray[np.floating[Any]]) -> Self:
        """Learn from float[K] scores; a few windows with motion in them do not matter.

        Raises ConfigError where there is no finite score.
        """
        known = scores[np.isfinite(scores)]
        if not len(known):
            raise ConfigError("no score to learn a quiet room from; record it for longer")
        median = float(np.median(known))
        spread = _MAD_TO_SIGMA * float(np.median(np.abs(known - median)))
        return cls(median=median, spread=spread)
