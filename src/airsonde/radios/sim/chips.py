"""The simulated radios: their width, grid and PPDU format."""

from dataclasses import dataclass

from airsonde.csi.model import Ppdu


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedChip:
    name: str
    width_mhz: int
    subcarriers: int
    ppdu: Ppdu
    center_channel: int
    primary_index: int


CHIPS = {
    chip.name: chip
    for chip in (
        SimulatedChip(
            name="simulated-20mhz",
            width_mhz=20,
            subcarriers=64,
            ppdu=Ppdu.HT,
            center_channel=36,
            primary_index=0,
        ),
        SimulatedChip(
            name="simulated-80mhz",
            width_mhz=80,
            subcarriers=256,
            ppdu=Ppdu.VHT,
            center_channel=42,
            primary_index=0,
        ),
    )
}
