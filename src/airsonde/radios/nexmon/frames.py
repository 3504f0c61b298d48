"""Decoded frames with their headers, before and while they are sorted into lanes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from airsonde.core.channel import Channel, from_primary
from airsonde.core.chanspec import from_chanspec
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import MacAddress
from airsonde.csi.model import C64, I64, U8, Family, FrameBatch, Lane, Ppdu
from airsonde.csi.records import ALL, Rows, groups_of, is_all
from airsonde.csi.tones import grid
from airsonde.radios.nexmon.chips import chip_of_word
from airsonde.radios.nexmon.header import Header, core_and_stream, join_headers, split_shape
from airsonde.radios.nexmon.occupancy import filled_parts, is_non_ht, valid_tones


@dataclass(frozen=True, slots=True)
class Frames:
    """n frames of equal size: csi complex64[n, n_rx, n_tx, size], index and t_ns int64[n]."""

    header: Header
    csi: C64
    index: I64
    t_ns: I64

    def __len__(self) -> int:
        return len(self.index)

    def where(self, rows: Rows) -> "Frames":
        if is_all(rows):
            return self
        return Frames(self.header.where(rows), self.csi[rows], self.index[rows], self.t_ns[rows])


def join_frames(parts: Sequence[Frames]) -> Frames:
    """Put frames of equal size behind each other."""
    return Frames(
        join_headers([p.header for p in parts]),
        np.concatenate([p.csi for p in parts]),
        np.concatenate([p.index for p in parts]),
        np.concatenate([p.t_ns for p in parts]),
    )


@dataclass(frozen=True, slots=True)
class LaneKey:
    """What tells the lanes of this family apart.

    `shape` is chip, chanspec and core-and-stream as on the wire; `filled` how many times 20 MHz
    the PPDU fills; `chains` how many receive cores and spatial streams a frame joins.
    """

    transmitter: int
    shape: int
    old: bool
    filled: int
    non_ht: bool
    size: int
    chains: tuple[int, int]

    def lane(self, number: int, source: str) -> Lane:
        """Build the lane."""
        word, _, chain = split_shape(self.shape)
        core, stream = core_and_stream(chain)
        single = self.chains == (1, 1)
        chip = chip_of_word(word)
        primary = primary_part(self.shape, self.size)
        return Lane(
            number=number,
            source=source,
            family=Family.NEXMON,
            chip=chip.slug if chip else None,
            transmitter=MacAddress(self.transmitter.to_bytes(6, "little")),
            channel=channel_of(self.shape, self.size),
            ppdu=self._ppdu(),
            n_rx=self.chains[0],
            n_tx=self.chains[1],
            core=core if single else None,
            stream=stream if single else None,
            subcarriers=grid(self.size),
            valid=valid_tones(self.size, primary, self.filled, non_ht=self.non_ht),
        )

    def _ppdu(self) -> Ppdu | None:
        """The format, where the tones prove it: HT and VHT look alike below 80 MHz."""
        if self.non_ht:
            return Ppdu.NON_HT
        return Ppdu.VHT if self.filled > 2 else None


@cache
def channel_of(shape: int, size: int) -> Channel | None:
    """Spectrum that `size` subcarriers cover: the chanspec's, or its primary part.

    None where the chanspec names no possible channel.
    """
    width = size * 20 // 64
    try:
        channel = from_chanspec(split_shape(shape)[1])
        if width == channel.width_mhz:
            return channel
        if channel.primary is None or width > channel.width_mhz:
            return None
        above = (channel.primary_offset_mhz or 0) % 40 < 20
        return from_primary(channel.band, channel.primary, width, above=above)
    except (ConfigError, DecodeError):
        return None


@cache
def primary_part(shape: int, size: int) -> int:
    """Which 20 MHz of the grid, from below, is primary; 0 where the chanspec does not say."""
    channel = channel_of(shape, size)
    if channel is None or channel.primary_offset_mhz is None:
        return 0
    return (channel.primary_offset_mhz + channel.width_mhz // 2 - 10) // 20


def lane_rows(frames: Frames) -> Iterator[tuple[LaneKey, Rows]]:
    """Lanes of the frames, in order of appearance, and which rows belong to each."""
    header, (_, n_rx, n_tx, size) = frames.header, frames.csi.shape
    filled, non_ht = _kinds(frames.csi[:, 0, 0], header.shape)
    flags = header.old | filled.astype(np.uint64) << np.uint64(1) | non_ht << np.uint64(5)
    for rows in _equal_rows(header.transmitter, header.shape << np.uint64(8) | flags):
        first = 0 if isinstance(rows, slice) else int(rows[0])
        key = LaneKey(
            transmitter=int(header.transmitter[first]),
            shape=int(header.shape[first]),
            old=bool(header.old[first]),
            filled=int(filled[first]),
            non_ht=bool(non_ht[first]),
            size=size,
            chains=(n_rx, n_tx),
        )
        yield key, rows


def _equal_rows(
    one: NDArray[np.uint64], other: NDArray[np.uint64]
) -> list[NDArray[np.intp] | slice]:
    """Rows that agree in both columns, group by group, in order of appearance."""
    if bool((one == one[0]).all() and (other == other[0]).all()):
        return [ALL]
    order = np.lexsort((one, other))
    one, other = one[order], other[order]
    cuts = np.flatnonzero((one[1:] != one[:-1]) | (other[1:] != other[:-1])) + 1
    groups = np.split(order, cuts)
    return [groups[i] for i in np.argsort([rows[0] for rows in groups])]


def _kinds(csi: C64, shapes: NDArray[np.uint64]) -> tuple[U8, NDArray[np.bool_]]:
    """Filled parts and whether it is non-HT, of each frame (csi complex64[n, size])."""
    filled = np.ones(len(csi), dtype=np.uint8)
    non_ht = np.zeros(len(csi), dtype=bool)
    for shape, own in groups_of(shapes):
        primary = primary_part(shape, csi.shape[1])
        mine = csi[own]
        filled[own] = parts = filled_parts(mine, primary)
        narrow = np.zeros(len(mine), dtype=bool)
        for count, rows in groups_of(parts):
            narrow[rows] = is_non_ht(mine[rows], primary, count)
        non_ht[own] = narrow
    return filled, non_ht


def to_batch(lane: Lane, frames: Frames) -> FrameBatch:
    """Frames that all belong to one lane, as a batch."""
    header = frames.header
    old = bool(header.old[0])
    return FrameBatch(
        lane=lane,
        index=frames.index,
        t_ns=frames.t_ns,
        csi=frames.csi,
        rssi_dbm=None if old else header.rssi.astype(np.float32),
        seq=header.sequence.astype(np.int32),
        extra={} if old else {"frame_control": header.control},
    )
