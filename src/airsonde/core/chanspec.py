"""Broadcom channel words: sixteen bits for band, width, primary and centre.

Layout as in the Linux kernel (drivers/net/wireless/broadcom/brcm80211/include/brcmu_d11.h,
the 11ac variant): centre channel in bits 0-7, sideband in 8-10, width in 11-13, band in 14-15.
"""

from dataclasses import dataclass

from airsonde.core.channel import Band, Channel, frequency_mhz, from_center
from airsonde.core.errors import ConfigError, DecodeError

_WIDTHS = {2: 20, 3: 40, 4: 80, 5: 160, 6: 160}
_WIDTH_BITS = {20: 2, 40: 3, 80: 4, 160: 5}
_BANDS = {0: Band.GHZ_2_4, 2: Band.GHZ_6, 3: Band.GHZ_5}
_BAND_BITS = {band: bits for bits, band in _BANDS.items()}
_80_80 = 6
_80_MHZ_CENTERS = (42, 58, 106, 122, 138, 155)  # an 80+80 word names its segments by index


@dataclass(frozen=True, slots=True)
class LooseChanspec:
    """A channel word read the way the rvCSI reference reads it: the sideband is ignored."""

    number: int
    width_mhz: int
    is_5ghz: bool


def from_chanspec(word: int) -> Channel:
    """Decode one channel word. Raises DecodeError when it names no possible channel."""
    band = _BANDS.get(word >> 14 & 3)
    bits = word >> 11 & 7
    width = _WIDTHS.get(bits)
    if band is None or width is None or word >> 16:
        raise DecodeError(f"chanspec {word:#06x} has no known band or width")
    try:
        if bits == _80_80:
            return _two_segments(word, band)
        return from_center(band, word & 0xFF, width, _primary_index(word, width))
    except ConfigError as e:
        raise DecodeError(f"chanspec {word:#06x}: {e}") from e


def _primary_index(word: int, width_mhz: int) -> int:
    return 0 if width_mhz == 20 else word >> 8 & 7


def _two_segments(word: int, band: Band) -> Channel:
    first, second = word & 0xF, word >> 4 & 0xF
    if band is not Band.GHZ_5 or max(first, second) >= len(_80_MHZ_CENTERS):
        # Firmware that knows no second segment leaves the centre channel in place.
        return from_center(band, word & 0xFF, 80, word >> 8 & 3)
    one = from_center(band, _80_MHZ_CENTERS[first], 80, word >> 8 & 3)
    other = frequency_mhz(band, _80_MHZ_CENTERS[second])
    return Channel(band, one.primary, 160, one.center_mhz, other)


def to_chanspec(channel: Channel) -> int:
    """Encode a channel; an unknown primary is written as the lowest 20 MHz.

    Raises ConfigError for a width the word cannot carry.
    """
    if channel.width_mhz not in _WIDTH_BITS:
        raise ConfigError(f"a chanspec cannot carry {channel.width_mhz} MHz")
    band = _BAND_BITS[channel.band] << 14
    if channel.second_center_mhz is not None:
        return band | _80_80 << 11 | _segments(channel)
    index = 0
    if channel.width_mhz > 20 and channel.primary_offset_mhz is not None:
        index = (channel.primary_offset_mhz + channel.width_mhz // 2 - 10) // 20
    return band | _WIDTH_BITS[channel.width_mhz] << 11 | index << 8 | channel.center


def _segments(channel: Channel) -> int:
    centers = [frequency_mhz(Band.GHZ_5, n) for n in _80_MHZ_CENTERS]
    segments = (channel.center_mhz, channel.second_center_mhz)
    if channel.band is not Band.GHZ_5 or any(s not in centers for s in segments):
        raise ConfigError("a chanspec names 80+80 MHz segments of the 5 GHz band only")
    first, second = (centers.index(s) for s in segments if s is not None)
    offset = channel.primary_offset_mhz
    index = 0 if offset is None else (offset + 30) // 20
    return index << 8 | second << 4 | first


def loose_chanspec(word: int) -> LooseChanspec:
    """Decode as the rvCSI reference does, for the commands that reproduce it."""
    word &= 0xFFFF
    number = word & 0xFF
    width = {2: 20, 3: 40, 4: 80, 5: 160, 6: 80}.get(word >> 11 & 7, 0)
    is_5ghz = word >> 14 == 3 or number > 14
    if word >> 14 == 3 and 1 <= number <= 13 and width == 20:
        is_5ghz = False
    return LooseChanspec(number, width, is_5ghz)
