"""Samples are exact: int16 as they stand, packed floats without loss, subcarriers ascending."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.csi.records import Records
from airsonde.radios.nexmon.chips import Encoding
from airsonde.radios.nexmon.header import BYTES
from airsonde.radios.nexmon.samples import guess_encoding, read_samples

LAYOUT = {Encoding.FLOAT_12_6: (11, 6), Encoding.FLOAT_9_5: (8, 5)}


def records(words):
    data = bytes(BYTES) + np.asarray(words, "<u4").tobytes()
    return Records(np.frombuffer(data, np.uint8), np.zeros(1, np.int64))


def pack(re, im, exponent, magnitude_bits, exponent_bits):
    """Sign, magnitude, sign, magnitude, exponent; written from the published layout."""
    word = (re < 0) << magnitude_bits | abs(re)
    word = word << 1 | (im < 0)
    word = word << magnitude_bits | abs(im)
    return word << exponent_bits | exponent & ((1 << exponent_bits) - 1)


def test_int16_pairs_come_out_in_ascending_order():
    pairs = np.arange(128, dtype="<i2").reshape(64, 2) - 64
    csi = read_samples(records(pairs.view("<u4")[:, 0]), 64, Encoding.INT16)
    raw = pairs[:, 0] + 1j * pairs[:, 1]
    assert (csi[0] == np.fft.fftshift(raw)).all()


@pytest.mark.parametrize("encoding", LAYOUT)
@given(parts=st.data())
def test_packed_floats_are_lossless(encoding, parts):
    magnitude_bits, exponent_bits = LAYOUT[encoding]
    high = (1 << magnitude_bits) - 1
    half = 1 << (exponent_bits - 1)
    mantissa = st.integers(-high, high)
    re, im = parts.draw(mantissa), parts.draw(mantissa)
    exponent = parts.draw(st.integers(-half, half - 1))
    words = np.zeros(64, "<u4")
    words[5] = pack(re, im, exponent, magnitude_bits, exponent_bits)
    csi = read_samples(records(words), 64, encoding)
    assert csi[0, 32 + 5] == complex(re * 2.0**exponent, im * 2.0**exponent)
    assert np.count_nonzero(csi) <= 1


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (0xFFFF_FFFF, Encoding.INT16),
        (0x3FFF_FFFF, Encoding.FLOAT_12_6),
        (0x7F_FFFF, Encoding.FLOAT_9_5),
    ],
)
def test_an_unknown_chips_encoding_shows_in_its_unused_bits(highest, expected):
    words = np.zeros(64, "<u4")
    words[9] = highest
    assert tuple(Encoding)[guess_encoding(records(words), 64)[0]] is expected
