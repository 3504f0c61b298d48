"""Four bytes a subcarrier to complex64, exactly, in ascending subcarrier order.

Raw order is that of the FFT: 0 … n/2-1, -n/2 … -1. Packed floats hold, from the top, sign and
magnitude of the real and of the imaginary part and one two's-complement exponent for both:
value = mantissa x 2^exponent, which float32 represents without loss.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import C64, F32
from airsonde.csi.records import Records
from airsonde.radios.nexmon.chips import Encoding
from airsonde.radios.nexmon.header import BYTES

_CHUNK = 128  # frames whose intermediate arrays stay in the cache
_BITS = {Encoding.FLOAT_12_6: (12, 6), Encoding.FLOAT_9_5: (9, 5)}


def read_samples(records: Records, count: int, encoding: Encoding) -> C64:
    """complex64[n, count] of records that all hold `count` subcarriers."""
    out = np.empty((len(records), count), dtype=np.complex64)
    if encoding is Encoding.INT16:
        pairs = records.block(BYTES, "<i2", (count, 2))
        _into_ascending(out.view(np.float32).reshape(-1, count, 2), pairs)
    else:
        words = records.block(BYTES, "<u4", (count,))
        for at in range(0, len(out), _CHUNK):
            _unpack_floats(words[at : at + _CHUNK], encoding, out[at : at + _CHUNK])
    return out


def _into_ascending(out: NDArray[Any], raw: NDArray[Any]) -> None:
    half = out.shape[1] // 2
    out[:, :half] = raw[:, half:]
    out[:, half:] = raw[:, :half]


def _unpack_floats(words: NDArray[np.uint32], encoding: Encoding, out: C64) -> None:
    mantissa_bits, exponent_bits = _BITS[encoding]
    mantissas, scales = _tables(encoding)
    ordered = np.empty(out.shape, dtype=np.uint32)
    _into_ascending(ordered, words)
    mask = np.uint32((1 << mantissa_bits) - 1)
    scale = scales[ordered & np.uint32((1 << exponent_bits) - 1)]
    ordered >>= np.uint32(exponent_bits)
    np.multiply(mantissas[ordered & mask], scale, out=out.imag)
    ordered >>= np.uint32(mantissa_bits)
    np.multiply(mantissas[ordered & mask], scale, out=out.real)


@cache
def _tables(encoding: Encoding) -> tuple[F32, F32]:
    """Every mantissa and every power of two of an encoding, as float32."""
    mantissa_bits, exponent_bits = _BITS[encoding]
    code = np.arange(1 << mantissa_bits)
    sign = code >> (mantissa_bits - 1)
    magnitude = code & ((1 << (mantissa_bits - 1)) - 1)
    exponent = np.arange(1 << exponent_bits)
    exponent = np.where(exponent >> (exponent_bits - 1), exponent - (1 << exponent_bits), exponent)
    mantissas = np.where(sign, -magnitude, magnitude).astype(np.float32)
    return mantissas, np.ldexp(np.float32(1), exponent).astype(np.float32)


def guess_encoding(records: Records, count: int) -> NDArray[np.uint8]:
    """uint8[n], index into `tuple(Encoding)`: what each record can be, from unused top bits.

    23-bit floats leave nine bits zero in every word, 30-bit floats two; int16 leaves none.
    """
    highest = records.block(BYTES, "<u4", (count,)).max(axis=1)
    guess = np.zeros(len(records), dtype=np.uint8)
    guess[highest < 1 << 30] = 1
    guess[highest < 1 << 23] = 2
    return guess
