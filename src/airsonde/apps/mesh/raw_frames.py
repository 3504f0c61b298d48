"""Frames of any radio as ADR-018 datagrams, for the raw stream."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from airsonde.csi.model import Family, FrameBatch
from airsonde.mesh.packets import MOST_ANTENNAS, MOST_VALUES, RawCsi

_LARGEST: Final = 127
_UNKNOWN_DBM: Final = 0


def raw_frames(batches: Iterable[FrameBatch], number: int) -> Iterator[RawCsi]:
    """Each frame as (imaginary, real) int8 pairs, subcarriers in FFT order: 0 and up, then below.

    Samples of ESP32 are kept as they are; others are scaled so that the largest of a frame fits.
    More than four antenna pairs or 512 subcarriers do not fit the format and are left out.
    """
    for batch in batches:
        n, n_rx, n_tx, size = batch.csi.shape
        antennas, size = min(n_rx * n_tx, MOST_ANTENNAS), min(size, MOST_VALUES)
        rows = batch.csi.reshape(n, n_rx * n_tx, -1)[:, :antennas]
        rows = np.roll(rows, rows.shape[2] - rows.shape[2] // 2, axis=2)[:, :, :size]
        if batch.lane.family is not Family.ESP32:
            peak = np.abs(rows.view(np.float32)).reshape(n, -1).max(axis=1)
            rows = rows * (_LARGEST / np.maximum(peak, 1e-9)).astype(np.float32)[:, None, None]
        pairs = np.stack([rows.imag, rows.real], axis=-1)
        data = np.clip(pairs.round(), -_LARGEST - 1, _LARGEST).astype(np.int8)
        yield from _packets(batch, number, data.reshape(n, antennas, size, 2))


def _packets(batch: FrameBatch, number: int, data: np.ndarray) -> Iterator[RawCsi]:
    channel = batch.lane.channel
    mhz = channel.center_mhz if channel else 0
    rssi, noise = _dbm(batch.rssi_dbm, len(batch)), _dbm(batch.noise_dbm, len(batch))
    for row, iq in enumerate(data):
        yield RawCsi(
            node_id=number,
            n_antennas=data.shape[1],
            n_subcarriers=data.shape[2],
            freq_mhz=mhz,
            seq=int(batch.index[row]) & 0xFFFF_FFFF,
            rssi_dbm=rssi[row],
            noise_dbm=noise[row],
            reserved=0,
            iq=iq.tobytes(),
        )


def _dbm(values: np.ndarray | None, count: int) -> Sequence[int]:
    """Whole dBm that fit a byte; 0, as the format has it, where it is not known."""
    if values is None:
        return [_UNKNOWN_DBM] * count
    per_frame = values.reshape(count, -1)[:, 0]
    known = np.nan_to_num(per_frame, nan=_UNKNOWN_DBM).round()
    whole: list[int] = np.clip(known, -128, 127).astype(int).tolist()
    return whole
