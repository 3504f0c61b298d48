"""Bands, channels and widths in IEEE 802.11 words, and their frequencies."""

from dataclasses import dataclass
from enum import StrEnum

from airsonde.core.errors import ConfigError


class Band(StrEnum):
    GHZ_2_4 = "2.4"
    GHZ_5 = "5"
    GHZ_6 = "6"


WIDTHS_MHZ = (20, 40, 80, 160, 320)

_START_MHZ = {Band.GHZ_2_4: 2407, Band.GHZ_5: 5000, Band.GHZ_6: 5950}
_NUMBERS = {Band.GHZ_2_4: range(1, 15), Band.GHZ_5: range(7, 197), Band.GHZ_6: range(1, 234)}

# First channel numbers of the contiguous blocks in which the standard places wider channels
# (IEEE 802.11-2020 table E-4 and 802.11be): 20 MHz channels follow at a distance of 4.
_BLOCKS = {
    Band.GHZ_5: ((36, 64), (100, 144), (149, 177)),
    Band.GHZ_6: ((1, 233),),
}


@dataclass(frozen=True, slots=True)
class Channel:
    """A stretch of spectrum and, where it is known, which 20 MHz of it are primary.

    `second_center_mhz` is the other segment of 80+80 MHz (`width_mhz` is then 160).
    """

    band: Band
    primary: int | None
    width_mhz: int
    center_mhz: int
    second_center_mhz: int | None = None

    @property
    def center(self) -> int:
        """The channel number of the centre frequency."""
        return number_of(self.center_mhz)[1]

    @property
    def primary_offset_mhz(self) -> int | None:
        """Centre of the primary 20 MHz, relative to the centre of the channel."""
        if self.primary is None:
            return None
        return frequency_mhz(self.band, self.primary) - self.center_mhz


def frequency_mhz(band: Band, number: int) -> int:
    """Centre frequency of a channel number (IEEE 802.11-2020 17.3.8.4.2, 802.11ax 27.3.23.2).

    Raises ConfigError when the band has no such number.
    """
    if number not in _NUMBERS[band]:
        raise ConfigError(f"there is no channel {number} in the {band} GHz band")
    if band is Band.GHZ_2_4 and number == 14:
        return 2484
    if band is Band.GHZ_5 and number >= 182:
        return 4000 + 5 * number
    if band is Band.GHZ_6 and number == 2:
        return 5935
    return _START_MHZ[band] + 5 * number


def number_of(mhz: int) -> tuple[Band, int]:
    """Band and channel number of a centre frequency; the inverse of `frequency_mhz`.

    Raises ConfigError when no channel is centred there.
    """
    for band, low, high in (
        (Band.GHZ_2_4, 2412, 2484),
        (Band.GHZ_5, 4910, 5905),
        (Band.GHZ_6, 5935, 7115),
    ):
        if low <= mhz <= high and (number := _number_in(band, mhz)) is not None:
            return band, number
    raise ConfigError(f"no Wi-Fi channel is centred on {mhz} MHz")


def _number_in(band: Band, mhz: int) -> int | None:
    special = {2484: 14, 5935: 2}
    if mhz in special:
        return special[mhz]
    start = 4000 if mhz < 5000 and band is Band.GHZ_5 else _START_MHZ[band]
    number, rest = divmod(mhz - start, 5)
    if rest or number not in _NUMBERS[band] or frequency_mhz(band, number) != mhz:
        return None
    return number


def band_of(number: int) -> Band:
    """Band of a bare channel number, for sources that do not name it (never 6 GHz).

    Raises ConfigError when neither 2.4 nor 5 GHz has the number.
    """
    for band in (Band.GHZ_2_4, Band.GHZ_5):
        if number in _NUMBERS[band]:
            return band
    raise ConfigError(f"there is no channel {number} in the 2.4 and 5 GHz bands")


def from_primary(
    band: Band, primary: int, width_mhz: int = 20, *, above: bool | None = None
) -> Channel:
    """Channel from its primary 20 MHz.

    `above` tells on which side the secondary 20 MHz of a 40 MHz channel lie; 2.4 GHz needs it,
    elsewhere it may be left out, for the standard fixes it. For 320 MHz, where two channels
    overlap, it picks the one that reaches further up (True) or down (False, and None).
    Raises ConfigError when the primary has no channel of that width.
    """
    center = _center_number(band, primary, width_mhz, above=above)
    return Channel(band, primary, width_mhz, frequency_mhz(band, center))


def _center_number(band: Band, primary: int, width_mhz: int, *, above: bool | None) -> int:
    frequency_mhz(band, primary)
    if width_mhz not in WIDTHS_MHZ:
        raise ConfigError(f"{width_mhz} MHz is not a channel width; there are {WIDTHS_MHZ}")
    if width_mhz == 20:
        return primary
    reach = width_mhz // 10 - 2
    fitting = [
        center
        for center in centers(band, width_mhz)
        if abs(primary - center) <= reach and (primary - center) % 4 == 2
    ]
    if band is Band.GHZ_2_4:
        fitting = [c for c in fitting if above is not None and (c > primary) == above]
    if not fitting:
        raise ConfigError(f"channel {primary} in the {band} GHz band has no {width_mhz} MHz")
    return fitting[-1] if above else fitting[0]


def centers(band: Band, width_mhz: int) -> tuple[int, ...]:
    """Every centre channel number the standard places in a band for one width."""
    if width_mhz == 20 and band is Band.GHZ_2_4:
        return tuple(_NUMBERS[band])
    if width_mhz == 40 and band is Band.GHZ_2_4:
        return tuple(range(3, 12))
    span = width_mhz // 5
    step = span // 2 if width_mhz == 320 else span
    return tuple(
        center
        for first, last in _BLOCKS.get(band, ())
        for center in range(first - 2 + span // 2, last + 3 - span // 2, step)
    )


def from_center(
    band: Band, center: int, width_mhz: int, primary_index: int | None = None
) -> Channel:
    """Channel from its centre; `primary_index` counts 20 MHz from the lower edge.

    Raises ConfigError when the band has no such centre or the index lies outside the width.
    """
    center_mhz = frequency_mhz(band, center)
    if primary_index is None:
        return Channel(band, center if width_mhz == 20 else None, width_mhz, center_mhz)
    if not 0 <= primary_index < width_mhz // 20:
        raise ConfigError(f"a {width_mhz} MHz channel has no 20 MHz number {primary_index}")
    mhz = center_mhz - width_mhz // 2 + 10 + 20 * primary_index
    return Channel(band, number_of(mhz)[1], width_mhz, center_mhz)
