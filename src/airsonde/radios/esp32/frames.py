"""From rows of byte pairs to batches: what every way of carrying ESP32 rows has in common."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from airsonde.core.channel import Band, Channel, band_of, from_primary
from airsonde.core.errors import ConfigError
from airsonde.core.ids import MacAddress
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import C64, F32, I32, I64, Family, FrameBatch, Lane, Ppdu
from airsonde.radios.esp32.layout import Field, Layout, Positions, Rows

ABOVE = 1  # secondary channel as ESP-IDF numbers it; 2 is below, 0 none


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneKey:
    """What rows must share to be comparable."""

    source: str
    layout: Layout
    chip: str | None = None
    transmitter: bytes | None = None
    channel: int | None = None
    secondary: int = 0
    ppdu: Ppdu | None = None
    wide: bool = False
    stale: bool = False
    n_rx: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """What stands beside the values of N rows."""

    index: I64
    t_ns: I64
    rssi_dbm: F32 | None = None
    noise_dbm: F32 | None = None
    seq: I32 | None = None
    extra: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lot:
    """N ≥ 1 rows of one lane.

    `rows` is int8[N, n_rx, 2n], pairs of (imaginary, real), or float32[N, n], amplitudes.
    """

    key: LaneKey
    rows: Rows | F32
    columns: Columns


def make_batches(book: LaneBook, lots: Iterable[Lot]) -> list[FrameBatch]:
    """Batches in the order of their first rows, so that lanes number alike however data is cut.

    Fields beside the best one come as `extra` columns named after them (`l_ltf`,
    `stbc_ht_ltf`), complex64[N, n_rx, n], subcarriers ascending.
    """
    return [_batch(book, lot) for lot in sorted(lots, key=lambda lot: int(lot.columns.index[0]))]


def _batch(book: LaneBook, lot: Lot) -> FrameBatch:
    key, columns = lot.key, lot.columns
    best = key.layout.best
    extra = dict(columns.extra)
    if lot.rows.dtype == np.int8:
        csi = _complex(lot.rows, best)
        for part in key.layout.others:
            extra[part.name.replace("-", "_")] = _complex(lot.rows, part)
    else:
        csi = lot.rows[:, None, best.positions].astype(np.complex64)
    return FrameBatch(
        lane=book.lane(key, lambda number: _lane(number, key)),
        index=columns.index,
        t_ns=columns.t_ns,
        csi=csi[:, :, None, :],
        rssi_dbm=columns.rssi_dbm,
        noise_dbm=columns.noise_dbm,
        seq=columns.seq,
        extra=extra,
    )


def _complex(rows: Rows | F32, part: Field) -> C64:
    return rows.take(_pairs(part), axis=2).astype(np.float32).view(np.complex64)


@lru_cache(maxsize=1024)
def _pairs(part: Field) -> Positions:
    """Where in a row of pairs the values of a field stand, real part first."""
    positions = part.positions
    return np.stack([2 * positions + 1, 2 * positions], axis=1).ravel()


def _lane(number: int, key: LaneKey) -> Lane:
    best = key.layout.best
    width = 40 if key.wide else 20
    return Lane(
        number=number,
        source=key.source,
        family=Family.ESP32,
        chip=key.chip,
        transmitter=None if key.transmitter is None else MacAddress(key.transmitter),
        channel=_channel(key, best.width_mhz),
        width_mhz=best.width_mhz if best.name else None,
        ppdu=key.ppdu or best.ppdu,
        training=key.layout.training,
        n_rx=key.n_rx,
        subcarriers=best.subcarriers,
        valid=best.valid(stale=key.stale),
        stated=None if key.channel is None else (key.channel, width),
    )


def _channel(key: LaneKey, width_mhz: int) -> Channel | None:
    """The spectrum that the frames cover: an L-LTF only the primary 20 MHz."""
    if key.channel is None:
        return None
    above = key.secondary == ABOVE if key.secondary else None
    try:
        band = band_of(key.channel)
        if width_mhz == 40 and above is None and band is Band.GHZ_2_4:
            return None
        return from_primary(band, key.channel, width_mhz, above=above)
    except ConfigError:
        return None
