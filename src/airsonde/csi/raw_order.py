"""Order of subcarriers in rvCSI's files and in a lane, and the way between them.

The files keep the order in which the radio sent them; a lane is ascending. Both directions
follow one rule on source and count, so that reading and writing again gives the same bytes:

- Nexmon with 64, 128, 256 or 512, and ESP32 with 64: FFT order in the file (0 … N/2-1,
  -N/2 … -1), turned by half on the way;
- everything else (ESP32 with 128 or 192 values: several training fields, one after the other)
  stays as it is, numbered around the middle.
"""

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I16, Bools, Family
from airsonde.csi.tones import grid

Value = TypeVar("Value", bound=np.generic)
_FFT_SIZES: Final = {Family.NEXMON: {64, 128, 256, 512}, Family.ESP32: {64}}


def is_fft_order(family: Family, size: int) -> bool:
    return size in _FFT_SIZES.get(family, ())


def to_lane(values: NDArray[Value], family: Family) -> NDArray[Value]:
    """[N, S] as in the file → [N, 1, 1, S] ascending."""
    if is_fft_order(family, values.shape[1]):
        values = np.fft.fftshift(values, axes=1)
    return values[:, None, None, :]


def to_file(values: NDArray[Value], family: Family) -> NDArray[Value]:
    """[..., S] ascending → [..., S] in the order of the file."""
    if is_fft_order(family, values.shape[-1]):
        values = np.fft.ifftshift(values, axes=-1)
    return values


def subcarriers(size: int) -> I16:
    return grid(size)


def valid(family: Family, size: int) -> Bools:
    """bool[S]: False where Nexmon firmware writes three words of PHY status over the channel.

    These are places 28 … 30 in FFT order at 20 MHz and 0 … 2 otherwise (nexmon_csi,
    src/csi_extractor.c); the order of everything else does not tell its nulls.
    """
    mask = np.ones(size, np.bool_)
    if family is Family.NEXMON and is_fft_order(family, size):
        first = (28 if size == 64 else 0) + size // 2
        mask[first : first + 3] = False
    return mask
