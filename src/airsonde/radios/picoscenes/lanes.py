"""The lane that a PicoScenes record names: radio, channel of the PPDU, tones, antennas."""

from dataclasses import dataclass

import numpy as np

from airsonde.core.channel import Channel, number_of
from airsonde.core.errors import ConfigError
from airsonde.core.ids import MacAddress
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import I16, Bools, Family, Lane, Ppdu
from airsonde.csi.tones import pilot_tones
from airsonde.radios.picoscenes.chips import DEVICES, IWL5300, IWLMVM
from airsonde.radios.picoscenes.values import Packed

_MOST_STREAMS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFields:
    """What else tells lanes apart: who sent, where in the spectrum, on which of the antennas."""

    transmitter: bytes | None
    carrier_hz: int
    offset_hz: int
    control_mhz: int
    antennas: tuple[int, ...]


def pico_lane(book: LaneBook, source: str, packed: Packed, fields: LaneFields) -> Lane | str:
    """Lane of records of one layout, or why they cannot be read."""
    if packed.device not in DEVICES:
        return f"radio {packed.device:#06x} is not known"
    subcarriers, n_tx = packed.subcarriers(), packed.n_tx
    if subcarriers is None:
        kind = f"format {packed.format} at {packed.width_mhz} MHz"
        return f"{packed.tones} tones are not those of {kind}"
    if not 1 <= n_tx <= _MOST_STREAMS or not 1 <= packed.n_rx <= _MOST_STREAMS:
        return "csi length does not fit tones and antennas"

    def make(number: int) -> Lane:
        return Lane(
            number=number,
            source=source,
            family=Family.PICOSCENES,
            chip=DEVICES[packed.device].slug,
            transmitter=None if fields.transmitter is None else MacAddress(fields.transmitter),
            channel=_channel(packed.width_mhz, fields),
            width_mhz=packed.width_mhz,
            ppdu=packed.ppdu,
            n_rx=packed.n_rx,
            n_tx=n_tx,
            core=fields.antennas[0] if packed.device == IWL5300 and packed.n_rx == 1 else None,
            subcarriers=subcarriers,
            valid=_valid(packed, subcarriers),
        )

    return book.lane((packed, fields), make)


def _valid(packed: Packed, subcarriers: I16) -> Bools:
    if packed.device != IWLMVM or packed.ppdu is None:
        return np.ones(len(subcarriers), dtype=np.bool_)
    width = 20 if packed.ppdu is Ppdu.NON_HT and packed.tones == 52 else packed.width_mhz
    return ~np.isin(subcarriers, pilot_tones(packed.ppdu, width))


def _channel(width_mhz: int, fields: LaneFields) -> Channel | None:
    """Channel of the PPDU itself: its centre may lie beside the one the radio is tuned to."""
    center_mhz, rest = divmod(fields.carrier_hz + fields.offset_hz, 1_000_000)
    if rest:
        return None
    try:
        band, center = number_of(center_mhz)
        primary = center if width_mhz == 20 else None
        if fields.control_mhz and width_mhz != 20:
            primary = number_of(fields.control_mhz)[1]
    except ConfigError:
        return None
    return Channel(band, primary, width_mhz, center_mhz)
