"""Number lanes in the order in which they first appear; say their channel in two numbers."""

from collections.abc import Callable, Hashable

from airsonde.core.channel import Channel, band_of, from_center, from_primary
from airsonde.core.errors import ConfigError
from airsonde.csi.model import Family, Lane


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


def stated_channel(lane: Lane) -> tuple[int, int]:
    """Channel number and width in MHz as the source of a lane states them; 0 where it does not.

    Broadcom words name the centre of the channel, every other source the primary 20 MHz.
    """
    if lane.stated is not None:
        return lane.stated
    channel = lane.channel
    if channel is None:
        return 0, 0
    if lane.family is not Family.NEXMON and channel.primary is not None:
        return channel.primary, channel.width_mhz
    try:
        return channel.center, channel.width_mhz
    except ConfigError:
        return 0, channel.width_mhz


def named_channel(family: Family, number: int, width_mhz: int) -> Channel | None:
    """The channel a source of this family means by two numbers; None where there is none."""
    try:
        if family is Family.NEXMON:
            return from_center(band_of(number), number, width_mhz)
        return from_primary(band_of(number), number, width_mhz)
    except ConfigError:
        return None
