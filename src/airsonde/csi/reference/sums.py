"""Sums in the precision and order of the reference: one value after the other."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", bound=np.floating)


def sum_in_order(values: NDArray[Real], axis: int) -> NDArray[Real]:
    """Sum along one axis, which is not empty, from its first value to its last."""
    total: NDArray[Real] = np.take(np.add.accumulate(values, axis=axis), -1, axis=axis)
    return total
