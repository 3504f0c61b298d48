"""The lane that Atheros records and logs name: channel, width, tones, antennas."""

import numpy as np

from airsonde.core.channel import Channel, from_primary, number_of
from airsonde.core.errors import ConfigError
from airsonde.core.ids import MacAddress
from airsonde.csi.model import Family, Lane, Ppdu
from airsonde.csi.tones import data_tones
from airsonde.radios.atheros.chips import CHIP


def atheros_lane(
    number: int,
    source: str,
    *,
    mhz: int,
    width_mhz: int,
    chains: tuple[int, int, int],
    transmitter: bytes | None = None,
) -> Lane:
    """Lane of (tones, n_rx, n_tx) on a channel given by its primary's centre frequency."""
    tones, n_rx, n_tx = chains
    return Lane(
        number=number,
        source=source,
        family=Family.ATHEROS,
        chip=CHIP,
        transmitter=None if transmitter is None else MacAddress(transmitter),
        channel=_channel(mhz, width_mhz),
        width_mhz=width_mhz,
        ppdu=Ppdu.HT,
        n_rx=n_rx,
        n_tx=n_tx,
        subcarriers=data_tones(Ppdu.HT, 20 if tones == 56 else 40),
        valid=np.ones(tones, dtype=np.bool_),
    )


def _channel(mhz: int, width_mhz: int) -> Channel | None:
    """None where the standard leaves open on which side a 40 MHz channel lies, or none is there."""
    try:
        band, number = number_of(mhz)
        return from_primary(band, number, width_mhz)
    except ConfigError:
        return None
