"""What motion detection needs to know of a quiet room."""
from dataclasses import dataclass
from typing import Any, Self
import numpy as np

@dataclass(frozen=True, slots=True, kw_only=True)
class MotionBaseline:
    median: float
    spread: float

    @classmethod
    def of(cls, scores: Any) -> Self:
        return cls(median=float(np.median(scores)), spread=float(np.std(scores)))
