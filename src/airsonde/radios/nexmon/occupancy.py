"""What kind of PPDU a frame is: how much of the capture's width it fills, by which tone plan.

A card that listens on 80 MHz also hears PPDUs of 20 and 40 MHz: they fill the primary quarter or
half of the FFT grid, and the rest is noise. Non-HT PPDUs leave tones empty that HT and VHT use.
Both show in every single frame of real captures: unfilled spectrum has 1 % to 20 % of the
primary's amplitude (filled, if faded: 30 % and more), unused tones under 20 % of their
neighbours' (used: over 50 %).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, U8, Bools, Ppdu
from airsonde.csi.tones import data_mask

FILLED = 0.28
USED = 0.4

# Tones that only HT and VHT use, and neighbours that every PPDU uses, from the middle of the
# filled part, by how many times 20 MHz that part is. The PHY status bins are avoided.
_NARROW = (np.array([-28, -27, 27]), np.array([-26, -25, 26]))
_HALF = (np.array([-5, -4, -3, 3, 4, 5]), np.array([-8, -7, -6, 6, 7, 8]))
_WIDE = (np.array([-66, -64, -62, 62, 64, 66]), np.array([-72, -71, -70, 70, 71, 72]))
_TELLTALES = {1: _NARROW, 2: _HALF, 4: _WIDE, 8: _WIDE}


@cache
def lattice(size: int) -> NDArray[np.intp]:
    """Four tones of each 20 MHz, none of them null in any tone plan, from the lowest up."""
    return np.arange(8, size, 16)


@cache
def telltales(size: int, primary: int, filled: int) -> NDArray[np.intp]:
    """Tones that only HT and VHT use, then as many neighbours that every PPDU uses."""
    center = center_index(size, primary, filled) + size // 2
    return center + np.concatenate(_TELLTALES[filled])


def filled_parts(sizes: F32, primary: int) -> U8:
    """uint8[n]: how many times 20 MHz each PPDU fills, 1, 2, 4 or 8.

    `sizes` is float32[4 * parts, n] on the `lattice`; `primary` counts 20 MHz from the lower
    edge. The strongest tone of each part is left out: interference can sit on one.
    """
    parts = len(sizes) // 4
    filled = np.ones(sizes.shape[1], dtype=np.uint8)
    tones = sizes.reshape(parts, 4, -1)
    level = tones.sum(axis=1, dtype=np.float64) - tones.max(axis=1)
    threshold = FILLED * level[primary]
    width = 1
    while width < parts:
        other = (primary // width ^ 1) * width
        heard = level[other : other + width].sum(axis=0) > width * threshold
        width *= 2
        filled[heard] = width
    return filled


def is_non_ht(sizes: F32) -> NDArray[np.bool_]:
    """bool[n]: whether PPDUs leave the HT tones empty; `sizes` is float32 on the `telltales`."""
    half = len(sizes) // 2
    own, near = (s.sum(axis=0, dtype=np.float64) for s in (sizes[:half], sizes[half:]))
    return np.asarray(own < USED * near)


def center_index(size: int, primary: int, filled: int) -> int:
    """Subcarrier index in the middle of the filled part of the grid."""
    return primary // filled * filled * 64 + filled * 32 - size // 2


@cache
def valid_tones(size: int, primary: int, filled: int, *, non_ht: bool) -> Bools:
    """bool[size]: tones that carry the PPDU, less the three bins of PHY status words."""
    wide = Ppdu.HT if filled <= 2 else Ppdu.VHT
    ppdu = Ppdu.NON_HT if non_ht else wide
    mask = data_mask(size, ppdu, filled * 20, center_index(size, primary, filled))
    mask = mask.copy()
    status = 28 if size == 64 else 0
    mask[size // 2 + status : size // 2 + status + 3] = False
    mask.flags.writeable = False
    return mask
