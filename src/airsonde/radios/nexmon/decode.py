"""nexmon_csi datagrams to batches: many in one buffer, or one by one as they arrive."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from airsonde.core.channel import Channel, from_primary
from airsonde.core.chanspec import from_chanspec
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import MacAddress
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import C64, F32, I64, U8, Family, FrameBatch, Lane, Tally
from airsonde.csi.records import Records
from airsonde.csi.tones import grid
from airsonde.radios.nexmon.chips import Encoding, chip_of_word
from airsonde.radios.nexmon.header import (
    MAGIC,
    SHORTEST,
    Header,
    core_and_stream,
    read_headers,
    split_shape,
    subcarriers_of,
)
from airsonde.radios.nexmon.occupancy import TonePlan, default_plan, occupied_widths
from airsonde.radios.nexmon.samples import guess_encoding, read_samples

_ENCODINGS = tuple(Encoding)


@dataclass(frozen=True, slots=True)
class LaneKey:
    """What tells the lanes of this family apart.

    `shape` is chip, chanspec and core-and-stream as on the wire; `filled` how many times 20 MHz
    the PPDU occupies; `chains` the receive cores and spatial streams joined to one sounding.
    """

    transmitter: int
    shape: int
    count: int
    old: bool
    encoding: Encoding
    filled: int
    chains: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Frames of one kind before they are sorted into lanes; `rows` are record numbers."""

    rows: NDArray[np.intp]
    header: Header
    csi: C64
    encoding: Encoding


class NexmonDatagrams:
    """Decode blocks of datagrams; bad ones are counted, never raised.

    `plans` holds tone plans learnt beforehand from the start of the same capture.
    """

    def __init__(
        self, source: str = "nexmon", plans: Mapping[LaneKey, TonePlan] | None = None
    ) -> None:
        self.tally = Tally()
        self._chips: set[str | None] = set()
        self._source = source
        self._plans = plans or {}
        self._lanes = LaneBook()

    @property
    def chip(self) -> str | None:
        """Slug of the chip, when every frame so far names the same known one."""
        return next(iter(self._chips)) if len(self._chips) == 1 else None

    def decode_block(
        self, data: U8, starts: I64, sizes: I64, t_ns: I64, index: I64 | None = None
    ) -> list[FrameBatch]:
        """Decode n payloads at `starts` with `sizes` (int64[n]) received at `t_ns` (int64[n]).

        `index` (int64[n]) numbers the records; without it they are counted.
        """
        if index is None:
            index = np.arange(len(starts)) + self.tally.records
        good = self._good(data, starts, sizes)
        batches: list[FrameBatch] = []
        counts = subcarriers_of(sizes)
        for count in np.unique(counts[good]):
            rows = np.flatnonzero(good & (counts == count))
            for part in self._decode(data, starts, rows, int(count)):
                batches += self._batches(part, int(count), t_ns, index)
        return batches

    def _good(self, data: U8, starts: I64, sizes: I64) -> NDArray[np.bool_]:
        long_enough = sizes >= SHORTEST
        self.tally.skip("too short for 64 subcarriers", int((~long_enough).sum()))
        if long_enough.all():
            right = Records(data, starts).column(0, "<u2") == MAGIC
        else:
            right = long_enough.copy()
            right[long_enough] = Records(data, starts[long_enough]).column(0, "<u2") == MAGIC
        self.tally.skip("no nexmon_csi magic", int((long_enough & ~right).sum()))
        self.tally.decoded += int(right.sum())
        return np.asarray(right, dtype=bool)

    def _decode(
        self, data: U8, starts: I64, rows: NDArray[np.intp], count: int
    ) -> Iterator[Decoded]:
        """Group records of one length by sample encoding."""
        records = Records(data, starts[rows])
        header = read_headers(records)
        kinds = self._encodings(records, header, count)
        for kind in np.unique(kinds):
            encoding = _ENCODINGS[kind]
            if (kinds == kind).all():
                yield Decoded(rows, header, read_samples(records, count, encoding), encoding)
            else:
                own = kinds == kind
                csi = read_samples(records.where(own), count, encoding)
                yield Decoded(rows[own], header.where(own), csi, encoding)

    def _encodings(self, records: Records, header: Header, count: int) -> NDArray[np.uint8]:
        words = (header.shape >> np.uint64(32)).astype(np.uint16)
        kinds = np.zeros(len(records), dtype=np.uint8)
        for word in np.unique(words):
            own = words == word
            chip = chip_of_word(int(word))
            self._chips.add(chip.slug if chip else None)
            if chip is not None and chip.encoding is not None:
                kinds[own] = _ENCODINGS.index(chip.encoding)
            else:
                kinds[own] = guess_encoding(records.where(own), count)
        return kinds

    def _batches(self, part: Decoded, count: int, t_ns: I64, index: I64) -> Iterator[FrameBatch]:
        """Sort frames into lanes, in the order in which the lanes appear."""
        for key, rows in _lane_rows(part, count):
            lane = self._lanes.lane(key, partial(self._lane, key))
            yield _batch(lane, key, part, rows, t_ns, index)

    def _lane(self, key: LaneKey, number: int) -> Lane:
        return make_lane(number, self._source, key, self._plans.get(key))


def _lane_rows(part: Decoded, count: int) -> Iterator[tuple[LaneKey, NDArray[np.intp] | slice]]:
    header = part.header
    filled = _filled(part.csi, header.shape)
    columns = (header.transmitter, header.shape, header.old, filled)
    if all(bool((c == c[0]).all()) for c in columns):
        groups: list[tuple[tuple[int, ...], NDArray[np.intp] | slice]] = [
            (tuple(int(c[0]) for c in columns), slice(None))
        ]
    else:
        found: dict[tuple[int, ...], list[int]] = {}
        for row, values in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            found.setdefault(values, []).append(row)
        groups = [(values, np.array(rows)) for values, rows in found.items()]
    for (transmitter, shape, old, width), rows in groups:
        yield LaneKey(transmitter, shape, count, bool(old), part.encoding, width), rows


def _filled(csi: C64, shapes: NDArray[np.uint64]) -> U8:
    """Occupied width of each frame; the primary 20 MHz are those its chanspec names."""
    size = csi.shape[1]
    first = int(shapes[0])
    if (shapes == shapes[0]).all():
        return occupied_widths(csi, primary_index(first, size))
    filled = np.ones(len(csi), dtype=np.uint8)
    for shape in np.unique(shapes):
        own = shapes == shape
        filled[own] = occupied_widths(csi[own], primary_index(int(shape), size))
    return filled


def primary_index(shape: int, size: int) -> int:
    """Which 20 MHz of the grid, from below, is primary; 0 where the chanspec does not say."""
    channel = lane_channel(shape, size)
    if channel is None or channel.primary_offset_mhz is None:
        return 0
    return (channel.primary_offset_mhz + channel.width_mhz // 2 - 10) // 20


def lane_channel(shape: int, size: int) -> Channel | None:
    """Spectrum that `size` subcarriers cover: the chanspec's, or its primary part.

    None where the chanspec names no possible channel.
    """
    try:
        channel = from_chanspec(split_shape(shape)[1])
        width = size * 20 // 64
        if width == channel.width_mhz or channel.primary is None:
            return channel if width == channel.width_mhz else None
        above = (channel.primary_offset_mhz or 0) < 0
        return from_primary(channel.band, channel.primary, width, above=above)
    except (ConfigError, DecodeError):
        return None


def make_lane(number: int, source: str, key: LaneKey, plan: TonePlan | None) -> Lane:
    """Build the lane of a key; without a learnt plan everything a PPDU may use is valid."""
    word, _, chain = split_shape(key.shape)
    core, stream = core_and_stream(chain)
    single = key.chains == (1, 1)
    plan = plan or default_plan(key.count, primary_index(key.shape, key.count), key.filled)
    chip = chip_of_word(word)
    return Lane(
        number=number,
        source=source,
        family=Family.NEXMON,
        chip=chip.slug if chip else None,
        transmitter=MacAddress(key.transmitter.to_bytes(6, "little")),
        channel=lane_channel(key.shape, key.count),
        ppdu=plan.ppdu,
        n_rx=key.chains[0],
        n_tx=key.chains[1],
        core=core if single else None,
        stream=stream if single else None,
        subcarriers=grid(key.count),
        valid=plan.valid,
    )


def _batch(
    lane: Lane,
    key: LaneKey,
    part: Decoded,
    rows: NDArray[np.intp] | slice,
    t_ns: I64,
    index: I64,
) -> FrameBatch:
    header = part.header
    records = part.rows[rows]
    rssi: F32 | None = None
    extra = {}
    if not key.old:
        rssi = header.rssi[rows].astype(np.float32)
        extra["frame_control"] = header.control[rows]
    return FrameBatch(
        lane=lane,
        index=index[records],
        t_ns=t_ns[records],
        csi=part.csi[rows].reshape(-1, 1, 1, key.count),
        rssi_dbm=rssi,
        seq=header.sequence[rows].astype(np.int32),
        extra=extra,
    )
