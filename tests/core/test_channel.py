"""Channel numbers, frequencies and widths agree with each other and with the standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.channel import (
    WIDTHS_MHZ,
    Band,
    Channel,
    band_of,
    centers,
    frequency_mhz,
    from_center,
    from_primary,
    number_of,
)
from airsonde.core.errors import ConfigError

NUMBERS = [(band, n) for band in Band for n in range(256)]


@pytest.mark.parametrize(
    ("band", "number", "mhz"),
    [
        (Band.GHZ_2_4, 1, 2412),
        (Band.GHZ_2_4, 13, 2472),
        (Band.GHZ_2_4, 14, 2484),
        (Band.GHZ_5, 36, 5180),
        (Band.GHZ_5, 165, 5825),
        (Band.GHZ_5, 184, 4920),
        (Band.GHZ_6, 1, 5955),
        (Band.GHZ_6, 2, 5935),
        (Band.GHZ_6, 233, 7115),
    ],
)
def test_known_frequencies(band, number, mhz):
    assert frequency_mhz(band, number) == mhz
    assert number_of(mhz) == (band, number)


@given(st.sampled_from(NUMBERS))
def test_number_and_frequency_are_inverse(place):
    band, number = place
    try:
        mhz = frequency_mhz(band, number)
    except ConfigError:
        return
    assert number_of(mhz) == (band, number)


@given(st.integers(0, 10_000))
def test_every_frequency_is_a_channel_or_an_error(mhz):
    try:
        band, number = number_of(mhz)
    except ConfigError:
        return
    assert frequency_mhz(band, number) == mhz


@pytest.mark.parametrize(
    ("band", "width", "expected"),
    [
        (Band.GHZ_5, 40, (38, 46, 54, 62, 102, 110, 118, 126, 134, 142, 151, 159, 167, 175)),
        (Band.GHZ_5, 80, (42, 58, 106, 122, 138, 155, 171)),
        (Band.GHZ_5, 160, (50, 114, 163)),
        (Band.GHZ_6, 160, (15, 47, 79, 111, 143, 175, 207)),
        (Band.GHZ_6, 320, (31, 63, 95, 127, 159, 191)),
    ],
)
def test_centres_are_those_of_the_standard(band, width, expected):
    assert centers(band, width) == expected


@given(st.sampled_from(NUMBERS), st.sampled_from(WIDTHS_MHZ), st.sampled_from([None, True, False]))
def test_the_primary_lies_inside_its_channel(place, width, above):
    band, primary = place
    try:
        channel = from_primary(band, primary, width, above=above)
    except ConfigError:
        return
    offset = channel.primary_offset_mhz
    assert offset is not None
    assert abs(offset) <= width / 2 - 10
    index = (offset + width // 2 - 10) // 20
    if width > 20:
        assert from_center(band, channel.center, width, index) == channel


def test_two_320_mhz_channels_share_a_primary():
    low = from_primary(Band.GHZ_6, 37, 320, above=False)
    high = from_primary(Band.GHZ_6, 37, 320, above=True)
    assert (low.center, high.center) == (31, 63)


@pytest.mark.parametrize(
    ("band", "primary", "width"),
    [(Band.GHZ_5, 165, 320), (Band.GHZ_2_4, 6, 80), (Band.GHZ_5, 38, 80), (Band.GHZ_6, 3, 40)],
)
def test_impossible_channels_are_refused(band, primary, width):
    with pytest.raises(ConfigError):
        from_primary(band, primary, width)


def test_a_bare_number_means_2_4_or_5_ghz():
    assert (band_of(11), band_of(36)) == (Band.GHZ_2_4, Band.GHZ_5)
    with pytest.raises(ConfigError):
        band_of(250)


def test_80_80_keeps_both_centres():
    channel = Channel(Band.GHZ_5, 36, 160, 5210, 5775)
    assert (channel.center, channel.primary_offset_mhz) == (42, -30)
