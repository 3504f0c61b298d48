"""Decoded frames with their headers, before and while they are sorted into lanes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from airsonde.core.channel import Channel, from_primary
from airsonde.core.chanspec import from_chanspec
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import MacAddress
from airsonde.csi.model import C64, I64, U8, Family, FrameBatch, Lane, Ppdu
from airsonde.csi.records import ALL, Records, Rows, groups_of
from airsonde.csi.tones import grid
from airsonde.radios.nexmon.chips import Encoding, chip_of_word
from airsonde.radios.nexmon.header import (
    Header,
    core_and_stream,
    join_headers,
    read_headers,
    split_shape,
)
from airsonde.radios.nexmon.occupancy import (
    filled_parts,
    is_non_ht,
    lattice,
    telltales,
    valid_tones,
)
from airsonde.radios.nexmon.samples import tone_sizes


@dataclass(frozen=True, slots=True)
class Heads:
    """Everything about n records but their samples.

    `index` and `t_ns` int64[n]; `filled` uint8[n] how many times 20 MHz the PPDU fills; `non_ht`
    bool[n] whether it leaves the HT tones empty.
    """

    header: Header
    index: I64
    t_ns: I64
    filled: U8
    non_ht: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.index)

    def where(self, rows: Rows) -> "Heads":
        return Heads(
            self.header.where(rows),
            self.index[rows],
            self.t_ns[rows],
            self.filled[rows],
            self.non_ht[rows],
        )


@dataclass(frozen=True, slots=True)
class Frames:
    """n frames of equal size: csi complex64[n, n_rx, n_tx, size]."""

    heads: Heads
    csi: C64

    def __len__(self) -> int:
        return len(self.heads)

    def where(self, rows: Rows) -> "Frames":
        return Frames(self.heads.where(rows), self.csi[rows])


def join_frames(one: Frames, other: Frames) -> Frames:
    """Put frames of equal size behind each other."""
    first, then = one.heads, other.heads
    heads = Heads(
        join_headers([first.header, then.header]),
        np.concatenate([first.index, then.index]),
        np.concatenate([first.t_ns, then.t_ns]),
        np.concatenate([first.filled, then.filled]),
        np.concatenate([first.non_ht, then.non_ht]),
    )
    return Frames(heads, np.concatenate([one.csi, other.csi]))


def read_heads(records: Records, count: int, encoding: Encoding, index: I64, t_ns: I64) -> Heads:
    """Read the headers of records of one size, and what kinds of PPDU they are."""
    header = read_headers(records)
    filled = np.ones(len(records), dtype=np.uint8)
    non_ht = np.zeros(len(records), dtype=bool)
    for shape, own in groups_of(header.shape):
        primary = primary_part(shape, count)
        mine = records.where(own)
        parts = filled[own]
        if count > 64:
            parts = filled_parts(tone_sizes(mine, count, encoding, lattice(count)), primary)
        narrow = np.zeros(len(mine), dtype=bool)
        for width, rows in groups_of(parts):
            picked = telltales(count, primary, width)
            narrow[rows] = is_non_ht(tone_sizes(mine.where(rows), count, encoding, picked))
        filled[own], non_ht[own] = parts, narrow
    return Heads(header, index, t_ns, filled, non_ht)


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
            width_mhz=self.size * 20 // 64,
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


def lane_rows(
    heads: Heads, size: int, chains: tuple[int, int] = (1, 1)
) -> Iterator[tuple[LaneKey, Rows]]:
    """Lanes of records of one size, in order of appearance, and which rows belong to each."""
    header, filled, non_ht = heads.header, heads.filled, heads.non_ht
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
            chains=chains,
        )
        yield key, rows


def sorted_out(frames: Frames) -> Iterator[tuple[LaneKey, Frames]]:
    """Frames whose samples are read, lane by lane."""
    _, n_rx, n_tx, size = frames.csi.shape
    for key, rows in lane_rows(frames.heads, size, (n_rx, n_tx)):
        yield key, frames.where(rows)


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


def to_batch(lane: Lane, frames: Frames) -> FrameBatch:
    """Frames that all belong to one lane, as a batch."""
    heads, header = frames.heads, frames.heads.header
    old = bool(header.old[0])
    return FrameBatch(
        lane=lane,
        index=heads.index,
        t_ns=heads.t_ns,
        csi=frames.csi,
        rssi_dbm=None if old else header.rssi.astype(np.float32),
        seq=header.sequence.astype(np.int32),
        extra={} if old else {"frame_control": header.control},
    )
