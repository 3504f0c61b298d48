"""Broadcom channel words: exact where they are possible, refused where not, loose for rvcsi."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.channel import Band, Channel
from airsonde.core.chanspec import from_chanspec, loose_chanspec, to_chanspec
from airsonde.core.errors import DecodeError
from tests.recordings import vector


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        (0x1001, Channel(Band.GHZ_2_4, 1, 20, 2412)),
        (0x1903, Channel(Band.GHZ_2_4, 5, 40, 2422)),
        (0xD024, Channel(Band.GHZ_5, 36, 20, 5180)),
        (0xD826, Channel(Band.GHZ_5, 36, 40, 5190)),
        (0xE02A, Channel(Band.GHZ_5, 36, 80, 5210)),
        (0xE29B, Channel(Band.GHZ_5, 157, 80, 5775)),
        (0xE832, Channel(Band.GHZ_5, 36, 160, 5250)),
        (0xF050, Channel(Band.GHZ_5, 36, 160, 5210, 5775)),
    ],
)
def test_real_words(word, channel):
    assert from_chanspec(word) == channel
    assert to_chanspec(channel) == word


@given(st.integers(0, 0xFFFF))
def test_any_word_is_a_channel_or_a_decode_error(word):
    try:
        channel = from_chanspec(word)
    except DecodeError:
        return
    assert from_chanspec(to_chanspec(channel)) == channel


def test_the_loose_reading_is_the_references():
    lines = [
        line.split()
        for line in vector("nexmon_shim_vectors.txt").read_text().splitlines()
        if line.startswith("chanspec 0x")
    ]
    assert len(lines) > 20
    for _, word, _, _, number, _, width, _, is_5ghz in lines:
        got = loose_chanspec(int(word, 16))
        assert (got.number, got.width_mhz, int(got.is_5ghz)) == tuple(
            map(int, (number, width, is_5ghz))
        )
