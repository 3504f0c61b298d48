"""How a row of complex values splits into training fields and subcarriers.

Source: the CSI table of the ESP-IDF programming guide (classic chips: ESP32, S2, S3, C3; newer
ones list only the used tones), held against recordings. A field is stored either in FFT order
(0 … , … -1: no secondary channel) or ascending (a secondary channel is set); the HT-LTF of
40 MHz always in FFT order. See docs/adr/0003-esp32-training-fields.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I16, Bools, Ppdu
from airsonde.csi.tones import data_tones, grid

Rows = NDArray[np.int8]
Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """One training field: `tones` (int16[n]) is the subcarrier of each value, in row order."""

    name: str
    ppdu: Ppdu | None
    width_mhz: int
    tones: I16
    first: int = 0

    @property
    def subcarriers(self) -> I16:
        return np.sort(self.tones)

    @property
    def positions(self) -> Positions:
        """Where in the row the values of `subcarriers` stand."""
        return self.first + np.argsort(self.tones)

    def valid(self, *, stale: bool) -> Bools:
        """Tones of the standard; without the first two values of the row where they are stale."""
        tones = self.subcarriers
        used = tones[tones != 0] if self.ppdu is None else data_tones(self.ppdu, self.width_mhz)
        mask = np.isin(tones, used)
        if stale:
            mask = mask & (self.positions > 1)
        valid: Bools = mask
        valid.flags.writeable = False
        return valid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """The fields of a row in the order in which it holds them."""

    fields: tuple[Field, ...]

    @property
    def values(self) -> int:
        return sum(len(f.tones) for f in self.fields)

    @property
    def training(self) -> str | None:
        return "+".join(f.name for f in self.fields if f.name) or None

    @property
    def best(self) -> Field:
        """The field that frames carry: the first HT-LTF or HE-LTF, else the L-LTF."""
        return next((f for f in self.fields if f.name in {"ht-ltf", "he-ltf"}), self.fields[0])

    @property
    def others(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f is not self.best)


def _fft_order(low: int, high: int) -> I16:
    """0 … high, low … -1."""
    return np.concatenate([np.arange(high + 1), np.arange(low, 0)]).astype(np.int16)


def _row(*fields: Field) -> Layout:
    """Put fields behind each other."""
    placed, first = [], 0
    for part in fields:
        placed.append(replace(part, first=first))
        first += len(part.tones)
    return Layout(fields=tuple(placed))


def _legacy(tones: I16) -> Field:
    return Field(name="l-ltf", ppdu=Ppdu.NON_HT, width_mhz=20, tones=tones)


def _ht(tones: I16, width_mhz: int = 20) -> Field:
    return Field(name="ht-ltf", ppdu=Ppdu.HT, width_mhz=width_mhz, tones=tones)


def _stbc(tones: I16, width_mhz: int = 20) -> Field:
    return Field(name="stbc-ht-ltf", ppdu=Ppdu.HT, width_mhz=width_mhz, tones=tones)


def _he(tones: I16) -> Field:
    return Field(name="he-ltf", ppdu=Ppdu.HE, width_mhz=20, tones=tones)


_FFT, _UP, _WIDE = _fft_order(-32, 31), grid(64), _fft_order(-64, 63)
_BELOW, _ABOVE, _WIDE_STBC = grid(64)[:-1], grid(64)[2:], _fft_order(-60, 60)
_L = {False: _legacy(_FFT), True: _legacy(_UP)}

# By what the row holds; False: FFT order, True: ascending.
_LEGACY_ONLY = {up: _row(_L[up]) for up in (False, True)}
HT_FFT = _row(_ht(_FFT))
_HT_ONLY = {False: HT_FFT, True: _row(_ht(_UP))}
_LEGACY_HT = {False: _row(_L[False], _ht(_FFT)), True: _row(_L[True], _ht(_UP))}
_LEGACY_STBC = {
    False: _row(_L[False], _ht(_FFT), _stbc(_FFT)),
    True: _row(_L[True], _ht(_UP), _stbc(_UP)),
}
_LEGACY_HT40 = {up: _row(_L[up], _ht(_WIDE, 40)) for up in (False, True)}
_HT40_ONLY = _row(_ht(_WIDE, 40))

_BY_COUNT = {  # what the number of values alone decides
    188: _row(_L[True], _ht(_ABOVE), _stbc(_ABOVE)),
    190: _row(_L[True], _ht(_BELOW), _stbc(_BELOW)),
    306: _row(_L[True], _ht(_WIDE_STBC, 40), _stbc(_WIDE_STBC, 40)),
    52: _row(_legacy(_fft_order(-26, 25))),
    53: _row(_legacy(_fft_order(-26, 26))),
    57: _row(_ht(_fft_order(-28, 28))),
    117: _row(_ht(_fft_order(-58, 58), 40)),
    245: _row(_he(_fft_order(-122, 122))),
    256: _row(_he(_fft_order(-128, 127))),
}
HT_TONES = _row(_ht(data_tones(Ppdu.HT, 20)))
KNOWN_COUNTS = frozenset({64, 128, 192, *_BY_COUNT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the receiver said of a frame: its PPDU, and how its channel was configured."""

    ppdu: Ppdu | None
    wide: bool
    stbc: bool
    secondary: int


@lru_cache(maxsize=1024)
def layout_by_flags(values: int, flags: Flags) -> Layout | None:
    """Layout of a row whose radio header is known; None when there is no such layout.

    64 values are an L-LTF here; a lone HT-LTF is told from the data (`split_by_data`).
    """
    up = flags.secondary != 0
    if values == 64:
        return _LEGACY_ONLY[up]
    if values == 128:
        return _LEGACY_HT[up]
    if values == 192:
        return _LEGACY_HT40[up] if flags.wide else _LEGACY_STBC[up]
    return _BY_COUNT.get(values)


@lru_cache(maxsize=512)
def unnamed_layout(values: int) -> Layout:
    """Layout of a row of unknown make: an FFT grid, every tone but DC taken as measured."""
    tones = _fft_order(-(values // 2), values - values // 2 - 1)
    return _row(Field(name="", ppdu=None, width_mhz=20, tones=tones))


def amplitude_layout(values: NDArray[np.float32]) -> Layout:
    """Layout of one row of bare amplitudes.

    The first part of an L-LTF in FFT order shows by its empty tones; 56 others are the tones of
    an HT-LTF, ascending.
    """
    if 38 <= len(values) <= 64 and not values[28:37].any():
        return cut_legacy(len(values))
    if len(values) == 56:
        return HT_TONES
    return unnamed_layout(len(values))


@lru_cache(maxsize=64)
def cut_legacy(values: int) -> Layout:
    """The first values of an L-LTF in FFT order."""
    return _row(_legacy(_FFT[:values]))


def split_by_data(rows: Rows) -> Iterator[tuple[Layout, Positions]]:
    """Layouts of rows without a radio header, each with the rows that have it.

    `rows` is int8[N, 2n]. Every row is judged alone, by which of its tones are exactly zero.
    """
    layouts, which = _layouts_by_data(rows)
    if len(rows) == 1:
        yield layouts[which[0]], np.zeros(1, dtype=np.intp)
        return
    for one in np.unique(which):
        yield layouts[one], np.flatnonzero(which == one)


def _layouts_by_data(rows: Rows) -> tuple[tuple[Layout, ...], Positions]:
    values = rows.shape[1] // 2
    if values not in {64, 128, 192}:
        layout = _BY_COUNT.get(values) or unnamed_layout(values)
        return (layout,), np.zeros(len(rows), dtype=np.intp)
    fft = _empty(rows, 31, 34)
    up = ~fft & _empty(rows, 2, 4) & _empty(rows, 61, 64)
    if values == 64:
        ht = np.where(up, ~_empty(rows, 4, 5), ~(_empty(rows, 28, 29) & _empty(rows, 36, 37)))
        return (*_LEGACY_ONLY.values(), *_HT_ONLY.values()), up + 2 * ht
    if values == 128:
        wide = ~fft & ~up
        return (*_LEGACY_HT.values(), _HT40_ONLY), np.where(wide, 2, up).astype(np.intp)
    wide = _empty(rows, 64 + 60, 64 + 69)
    return (*_LEGACY_STBC.values(), *_LEGACY_HT40.values()), up + 2 * wide


def _empty(rows: Rows, first: int, stop: int) -> Bools:
    """bool[N]: whether the values first … stop-1 are all exactly zero."""
    empty: Bools = ~np.logical_or.reduce(rows[:, 2 * first : 2 * stop], axis=1)
    return empty
