"""Which subcarriers carry a signal, by PPDU format and width (IEEE 802.11 tone plans).

Non-HT and HT at 20 MHz: 802.11-2020 tables 17-8 and 19-6; VHT: table 21-5; HE (4x spacing):
802.11ax table 27-15. Index 0 is DC. `grid` is the FFT grid, `data_tones` what carries a signal.
"""

from functools import lru_cache

import numpy as np

from airsonde.csi.model import I16, Bools, Ppdu

_EDGES = {  # (format, width): lowest and highest used index beside DC
    (Ppdu.NON_HT, 20): (1, 26),
    (Ppdu.HT, 20): (1, 28),
    (Ppdu.HT, 40): (2, 58),
    (Ppdu.VHT, 20): (1, 28),
    (Ppdu.VHT, 40): (2, 58),
    (Ppdu.VHT, 80): (2, 122),
    (Ppdu.HE, 20): (2, 122),
    (Ppdu.HE, 40): (3, 244),
    (Ppdu.HE, 80): (3, 500),
}


@lru_cache(maxsize=64)
def grid(size: int) -> I16:
    """int16[size]: every index of an FFT grid in ascending order, -size/2 … size/2-1."""
    return np.arange(-(size // 2), size - size // 2, dtype=np.int16)


@lru_cache(maxsize=64)
def data_tones(ppdu: Ppdu, width_mhz: int) -> I16:
    """int16, ascending: the data and pilot subcarriers of a format at a width.

    Wider non-HT is a duplicate of 20 MHz; VHT and HE at 160 MHz are two times 80.
    Raises KeyError when the format has no such width.
    """
    if (ppdu, width_mhz) in _EDGES:
        low, high = _EDGES[ppdu, width_mhz]
        half = np.arange(low, high + 1, dtype=np.int16)
        return np.concatenate([-half[::-1], half])
    if ppdu is Ppdu.NON_HT and width_mhz in {40, 80, 160}:
        return _copies(data_tones(ppdu, 20), width_mhz // 20, 64)
    if width_mhz == 160 and ppdu in {Ppdu.VHT, Ppdu.HE}:
        return _copies(data_tones(ppdu, 80), 2, 256 if ppdu is Ppdu.VHT else 1024)
    raise KeyError((ppdu, width_mhz))


@lru_cache(maxsize=2)
def grouped_tones(width_mhz: int) -> I16:
    """int16[30], ascending: the carriers that compressed CSI of the Intel 5300 keeps.

    802.11n-2009 table 7-25f: every second of HT at 20 MHz, every fourth at 40 MHz.
    """
    if width_mhz == 20:
        return np.array([*range(-28, -1, 2), -1, *range(1, 28, 2), 28], dtype=np.int16)
    return np.array([*range(-58, -1, 4), *range(2, 59, 4)], dtype=np.int16)


_PILOTS = {  # (format, width): the positive ones; the negative ones mirror them
    (Ppdu.NON_HT, 20): (7, 21),
    (Ppdu.HT, 20): (7, 21),
    (Ppdu.HT, 40): (11, 25, 53),
    (Ppdu.VHT, 20): (7, 21),
    (Ppdu.VHT, 40): (11, 25, 53),
    (Ppdu.VHT, 80): (11, 39, 75, 103),
    (Ppdu.HE, 20): (22, 48, 90, 116),
    (Ppdu.HE, 40): (10, 36, 78, 104, 144, 170, 212, 238),
    (Ppdu.HE, 80): (24, 92, 158, 226, 266, 334, 400, 468),
}


@lru_cache(maxsize=64)
def pilot_tones(ppdu: Ppdu, width_mhz: int) -> I16:
    """int16, ascending: the pilots among `data_tones`.

    Source: IEEE 802.11-2020 19.3.11.10 (HT) and 21.3.10.10 (VHT), 802.11ax 27.3.12.13 (HE).
    Raises KeyError when the format has no such width.
    """
    if (ppdu, width_mhz) in _PILOTS:
        half = np.array(_PILOTS[ppdu, width_mhz], dtype=np.int16)
        return np.concatenate([-half[::-1], half])
    if ppdu is Ppdu.NON_HT and width_mhz in {40, 80, 160}:
        return _copies(pilot_tones(ppdu, 20), width_mhz // 20, 64)
    if width_mhz == 160 and ppdu in {Ppdu.VHT, Ppdu.HE}:
        return _copies(pilot_tones(ppdu, 80), 2, 256 if ppdu is Ppdu.VHT else 1024)
    raise KeyError((ppdu, width_mhz))


def _copies(tones: I16, count: int, distance: int) -> I16:
    first = -(count - 1) * distance // 2
    return np.concatenate([tones + np.int16(first + i * distance) for i in range(count)])


@lru_cache(maxsize=64)
def data_mask(size: int, ppdu: Ppdu, width_mhz: int, offset: int = 0) -> Bools:
    """bool[size] on `grid(size)`: True where a PPDU centred on index `offset` has tones."""
    mask = np.zeros(size, dtype=bool)
    mask[data_tones(ppdu, width_mhz) + offset + size // 2] = True
    mask.flags.writeable = False
    return mask
