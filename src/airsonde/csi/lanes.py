"""Number lanes in the order in which they first appear."""

from collections.abc import Callable, Hashable

from airsonde.csi.model import Lane


class LaneBook:
    """Lanes of one capture by what tells them apart."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def lane(self, key: Hashable, make: Callable[[int], Lane]) -> Lane:
        """Return the lane of `key`; at its first use `make` builds it from its number."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = make(len(self._lanes))
        return lane
