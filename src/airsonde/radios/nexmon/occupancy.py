"""Which part of a capture's width a PPDU fills, and which subcarriers of it carry a signal.

A card that listens on 80 MHz also hears PPDUs of 20 and 40 MHz: they fill the primary quarter or
half of the FFT grid, and the rest is noise (real captures: 1 % to 20 % of the primary's
amplitude, against 30 % and more where a wider PPDU is faded).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from airsonde.csi.model import C64, F32, U8, Bools, Ppdu
from airsonde.csi.tones import data_mask, grid

_OCCUPIED = 0.28  # of the primary 20 MHz' mean amplitude
_ABSENT = 0.35  # of the median tone: what only wider tone plans use is noise below this


@cache
def _sums(size: int) -> F32:
    """float32[size/8, size/64]: adds up the sampled parts of each 20 MHz."""
    return np.repeat(np.eye(size // 64, dtype=np.float32), 8, axis=0)


def occupied_widths(csi: C64, primary: int) -> U8:
    """uint8[n]: how many times 20 MHz each PPDU fills, 1, 2, 4 or 8.

    `csi` is complex64[n, size], `primary` counts 20 MHz from the lower edge. Every 16th tone is
    looked at: four in each 20 MHz, none of them null in any tone plan.
    """
    n, size = csi.shape
    parts = size // 64
    if parts == 1:
        return np.ones(n, dtype=np.uint8)
    sampled = np.abs(csi.view(np.float32).reshape(n, size, 2)[:, 8::16])
    level = sampled.reshape(n, size // 8) @ _sums(size)
    threshold = _OCCUPIED * level[:, primary]
    filled = np.ones(n, dtype=np.uint8)
    width = 1
    while width < parts:
        other = (primary // width ^ 1) * width
        heard = level[:, other : other + width].mean(axis=1) > threshold
        width *= 2
        filled[heard] = width
    return filled


def center_index(size: int, primary: int, filled: int) -> int:
    """Subcarrier index in the middle of the filled part of the grid."""
    return primary // filled * filled * 64 + filled * 32 - size // 2


@dataclass(frozen=True, slots=True)
class TonePlan:
    """A lane's valid subcarriers, and the PPDU format where they prove one."""

    valid: Bools
    ppdu: Ppdu | None


def default_plan(size: int, primary: int, filled: int) -> TonePlan:
    """Everything any PPDU of that width may use: without evidence nothing is excluded."""
    center = center_index(size, primary, filled)
    wide = Ppdu.HT if filled <= 2 else Ppdu.VHT
    mask = data_mask(size, wide, filled * 20, center)
    if filled > 1:
        mask = mask | data_mask(size, Ppdu.NON_HT, filled * 20, center)
    return TonePlan(_without_status(mask), None)


def plan_from(amplitude: F32, primary: int, filled: int) -> TonePlan:
    """Decide between the tone plans of a width from mean amplitudes (float[size])."""
    size = len(amplitude)
    center = center_index(size, primary, filled)
    wide = Ppdu.HT if filled <= 2 else Ppdu.VHT
    narrow_mask = _without_status(data_mask(size, Ppdu.NON_HT, filled * 20, center))
    wide_mask = _without_status(data_mask(size, wide, filled * 20, center))
    common = np.median(amplitude[narrow_mask & wide_mask])
    extra = np.median(amplitude[wide_mask & ~narrow_mask])
    if extra < _ABSENT * common:
        return TonePlan(narrow_mask, Ppdu.NON_HT)
    return TonePlan(wide_mask, Ppdu.VHT if filled > 2 else None)


def _without_status(mask: Bools) -> Bools:
    """Exclude the three bins into which firmware writes PHY status words."""
    size = len(mask)
    status = np.arange(28, 31) if size == 64 else np.arange(3)
    mask = mask & ~np.isin(grid(size), status)
    mask.flags.writeable = False
    return mask
