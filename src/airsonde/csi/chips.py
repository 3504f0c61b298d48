"""What every row of a family's chip table says."""

from dataclasses import dataclass

from airsonde.core.channel import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One chip: its name, and where and how widely it measures."""

    slug: str
    bands: tuple[Band, ...]
    widths_mhz: tuple[int, ...]
