"""The simulated radios: their spectrum, grid and PPDU format."""

from dataclasses import dataclass

from airsonde.core.channel import Band, Channel, from_primary
from airsonde.csi.chips import Chip
from airsonde.csi.model import Ppdu


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedChip(Chip):
    """A radio that measures one channel, on a grid of `subcarriers`."""

    subcarriers: int
    ppdu: Ppdu
    channel: Channel


CHIPS = (
    SimulatedChip(
        slug="simulated-20mhz",
        bands=(Band.GHZ_5,),
        widths_mhz=(20,),
        subcarriers=64,
        ppdu=Ppdu.HT,
        channel=from_primary(Band.GHZ_5, 36, 20),
    ),
    SimulatedChip(
        slug="simulated-80mhz",
        bands=(Band.GHZ_5,),
        widths_mhz=(80,),
        subcarriers=256,
        ppdu=Ppdu.VHT,
        channel=from_primary(Band.GHZ_5, 36, 80),
    ),
)
BY_SLUG = {chip.slug: chip for chip in CHIPS}
