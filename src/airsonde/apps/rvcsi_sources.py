"""What the reference's commands read Nexmon from: a dump of records, or a pcap."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from airsonde.captures.reference_pcap import ReferencePcap
from airsonde.core.errors import DecodeError
from airsonde.csi.batches import by_lane
from airsonde.csi.lanes import LaneBook, named_channel
from airsonde.csi.model import Family, FrameBatch, Lane
from airsonde.csi.raw_order import subcarriers, to_lane, valid
from airsonde.radios.nexmon.reference import PORT, ReferenceFrame, decode_payload
from airsonde.radios.nexmon.rvnx import HEADER_BYTES, RvnxDecoder, fault

NOT_A_RECORD: Final = "not a record (bad magic, unsupported version, or too short)"
_BLOCK: Final = 512
_LaneKey = tuple[int, int, int]


class RecordDump:
    """Records up to the first malformed one, where the reference stops for good."""

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._decoder = RvnxDecoder(source)
        self.delivered = 0
        self.stopped_at: int | None = None
        self.past_63_bits = 0

    def blocks(self) -> Iterator[list[FrameBatch]]:
        """Batches of up to 512 records."""
        waiting: list[FrameBatch] = []
        for record in self._records():
            self.delivered += 1
            batches = self._decoder.feed(memoryview(record), final=True).batches
            self.past_63_bits += not batches
            waiting += batches
            if len(waiting) == _BLOCK:
                yield by_lane(waiting)
                waiting = []
        if waiting:
            yield by_lane(waiting)

    def _records(self) -> Iterator[bytes]:
        at = 0
        with self._path.open("rb") as file:
            while record := _record(file):
                at += len(record)
                yield record
        if record is None:
            self.stopped_at = at


def _record(file: BinaryIO) -> bytes | None:
    """The next record; empty at the end of the file, None when it is malformed."""
    head = file.read(HEADER_BYTES)
    if not head:
        return b""
    if len(head) < HEADER_BYTES or fault(head) is not None:
        return None
    size = 4 * int.from_bytes(head[6:8], "little")
    body = file.read(size)
    return head + body if len(body) == size else None


@dataclass(slots=True)
class Seen:
    """What a pass over a pcap met; `skipped` counts other ports and undecodable payloads."""

    link_type: int = 0
    frames: int = 0
    skipped: int = 0
    t_ns: list[int] = field(default_factory=list)
    channels: set[int] = field(default_factory=set)
    widths_mhz: set[int] = field(default_factory=set)
    counts: set[int] = field(default_factory=set)
    chip_words: set[int] = field(default_factory=set)
    rssi_dbm: list[int] = field(default_factory=list)

    def add(self, frame: ReferenceFrame) -> None:
        self.frames += 1
        self.t_ns = [min([*self.t_ns, frame.t_ns]), max([*self.t_ns, frame.t_ns])]
        self.rssi_dbm = [
            min([*self.rssi_dbm, frame.rssi_dbm]),
            max([*self.rssi_dbm, frame.rssi_dbm]),
        ]
        self.channels.add(frame.channel)
        self.widths_mhz.add(frame.width_mhz)
        self.counts.add(len(frame.csi))
        self.chip_words.add(frame.chip_word)


class PcapFrames:
    """Frames of a pcap, numbered from 0; `seen` is complete when they have been read."""

    def __init__(self, path: Path, source: str, port: int | None = None) -> None:
        self._path = path
        self._source = source
        self._port = PORT if port is None else port
        self._lanes = LaneBook()
        self.seen = Seen()

    def blocks(self) -> Iterator[list[FrameBatch]]:
        """Batches of up to 512 frames. Raises DecodeError for what is no classic pcap."""
        waiting: list[ReferenceFrame] = []
        for frame in self.frames():
            waiting.append(frame)
            if len(waiting) == _BLOCK:
                yield self._batches(waiting)
                waiting = []
        if waiting:
            yield self._batches(waiting)

    def frames(self) -> Iterator[ReferenceFrame]:
        with self._path.open("rb") as file:
            pcap = ReferencePcap(file.read, self._path.stat().st_size)
            self.seen.link_type = pcap.link_type
            for t_ns, port, payload in pcap.udp_payloads():
                frame = self._frame(t_ns, port, payload)
                if frame is None:
                    self.seen.skipped += 1
                else:
                    self.seen.add(frame)
                    yield frame

    def _frame(self, t_ns: int, port: int, payload: bytes) -> ReferenceFrame | None:
        if port != self._port:
            return None
        try:
            return decode_payload(payload, t_ns)
        except DecodeError:
            return None

    def _batches(self, frames: list[ReferenceFrame]) -> list[FrameBatch]:
        first = self.seen.frames - len(frames)
        groups: dict[_LaneKey, list[tuple[int, ReferenceFrame]]] = {}
        for index, frame in enumerate(frames, first):
            key = (frame.channel, frame.width_mhz, len(frame.csi))
            groups.setdefault(key, []).append((index, frame))
        return [self._batch(key, rows) for key, rows in groups.items()]

    def _batch(self, key: _LaneKey, rows: list[tuple[int, ReferenceFrame]]) -> FrameBatch:
        index = np.array([i for i, _ in rows], np.int64)
        return FrameBatch(
            lane=self._lanes.lane(key, lambda number: self._lane(number, key)),
            index=index,
            t_ns=np.array([f.t_ns for _, f in rows], np.int64),
            csi=to_lane(np.stack([f.csi for _, f in rows]), Family.NEXMON),
            rssi_dbm=np.array([f.rssi_dbm for _, f in rows], np.float32),
            extra={"frame_id": index.astype(np.uint64)},
        )

    def _lane(self, number: int, key: _LaneKey) -> Lane:
        channel, width_mhz, size = key
        return Lane(
            number=number,
            source=self._source,
            family=Family.NEXMON,
            channel=named_channel(Family.NEXMON, channel, width_mhz),
            subcarriers=subcarriers(size),
            valid=valid(Family.NEXMON, size),
            stated=(channel, width_mhz),
        )
