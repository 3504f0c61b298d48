"""Decode the lines of a CSV capture into batches, a block of lines at a time."""

from collections import defaultdict
from typing import Final

import numpy as np

from airsonde.captures.csv_line import HEADER, NO_FRAME, NOT_FINITE, LaneKey, Line, read_line
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import parse_mac
from airsonde.csi.lanes import LaneBook, named_channel
from airsonde.csi.model import C64, Bools, Family, FrameBatch, Lane, Ppdu, Tally
from airsonde.csi.ports import Fed

_CHAINS: Final = "frame that lacks a chain"
_CUT: Final = "cut short by the end of the file"
_ON: Final = ord("1")
_Frame = list[Line]


class CsvDecoder:
    """Lines in, batches out; the first line must name the columns as airsonde does.

    A record is a frame: as many lines, one behind the other, as it has chains.
    """

    def __init__(self, source: str | None = None) -> None:
        self.tally = Tally()
        self.warnings: list[str] = []
        self.chip: str | None = None
        self.family: Family | None = None
        self._source = source
        self._lanes = LaneBook()
        self._began = False
        self._open: _Frame = []
        self._lost = False

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        """Decode whole lines. Raises DecodeError at offset 0 for other columns."""
        block = bytes(data)
        end = block.rfind(b"\n") + 1
        lines = [line.removesuffix(b"\r") for line in block[:end].split(b"\n")[:-1]]
        if not self._began:
            if not lines and not final:
                return Fed([], 0)
            if not lines or lines.pop(0) != HEADER:
                raise DecodeError("the first line names other columns", offset=0)
            self._began = True
        batches = self._decode([line for line in lines if line])
        if final and (self._open or end < len(block)):
            self._lose(_CUT)
            end = len(block)
        return Fed(batches, end)

    def _decode(self, lines: list[bytes]) -> list[FrameBatch]:
        groups: dict[tuple[Lane, bool, bool], list[_Frame]] = defaultdict(list)
        for text in lines:
            frame = self._add(read_line(text))
            lane = self._lane(frame[0].lane) if frame else None
            if frame and lane:
                self.tally.decoded += 1
                groups[lane, frame[0].seq is None, frame[0].verdict is None].append(frame)
        batches = [self._batch(lane, frames) for (lane, _, _), frames in groups.items()]
        return [batch for batch in batches if batch is not None]

    def _add(self, line: Line | str) -> _Frame | None:
        """One more line; the frame that it completes."""
        if isinstance(line, str):
            self._lose(line)
            return None
        if self._open and not _continues(self._open[-1], line):
            self._lose(_CHAINS)
        if not self._open and line.chain:
            if not self._lost:
                self._lose(_CHAINS)
            return None
        self._lost = False
        self._open.append(line)
        if len(self._open) < line.lane.n_rx * line.lane.n_tx:
            return None
        frame, self._open = self._open, []
        return frame

    def _lose(self, reason: str) -> None:
        """Give the frame up that is being put together; its later lines are not counted again."""
        self.tally.skip(reason)
        self._open, self._lost = [], True

    def _lane(self, key: LaneKey) -> Lane | None:
        """The lane of these words; None, and counted, where they are none."""
        try:
            lane = self._lanes.lane(key, lambda number: _lane(number, key, self._source))
        except (ValueError, ConfigError):
            self.tally.skip(NO_FRAME)
            return None
        self.family = self.family or lane.family
        return lane

    def _batch(self, lane: Lane, frames: list[_Frame]) -> FrameBatch | None:
        csi = _samples(lane, frames)
        finite: Bools = np.all(np.isfinite(csi), axis=(1, 2, 3))
        bad = int((~finite).sum())
        self.tally.decoded -= bad
        self.tally.skip(NOT_FINITE, bad)
        first = [frame[0] for frame, good in zip(frames, finite.tolist(), strict=True) if good]
        if not first:
            return None
        counted, judged = first[0].seq is not None, first[0].verdict is not None
        return FrameBatch(
            lane=lane,
            index=np.array([f.index for f in first], np.int64),
            t_ns=np.array([f.t_ns for f in first], np.int64),
            csi=csi[finite],
            rssi_dbm=np.array([f.rssi_dbm for f in first], np.float32),
            noise_dbm=np.array([f.noise_dbm for f in first], np.float32),
            seq=np.array([f.seq for f in first], np.int32) if counted else None,
            verdict=np.array([f.verdict for f in first], np.uint8) if judged else None,
            quality=np.array([f.quality for f in first], np.float32) if judged else None,
            reasons=tuple(f.reasons for f in first) if judged else None,
        )


def _continues(last: Line, line: Line) -> bool:
    """Whether a line is the next chain of the same frame."""
    same = (last.lane, last.index, last.t_ns) == (line.lane, line.index, line.t_ns)
    return same and line.chain == last.chain + 1


def _samples(lane: Lane, frames: list[_Frame]) -> C64:
    csi = np.empty((len(frames), lane.n_rx, lane.n_tx, len(lane.subcarriers)), np.complex64)
    with np.errstate(over="ignore"):
        csi.real = np.array([line.i for frame in frames for line in frame]).reshape(csi.shape)
        csi.imag = np.array([line.q for frame in frames for line in frame]).reshape(csi.shape)
    return csi


def _lane(number: int, key: LaneKey, source: str | None) -> Lane:
    """Raises ValueError or ConfigError when a word is none."""
    family = Family(key.family)
    stated = (int(key.channel or 0), int(key.width_mhz or 0))
    subcarriers = np.array(key.subcarriers.split(b" ")).astype(np.int16)
    valid = np.frombuffer(key.valid, np.uint8)
    if (np.diff(subcarriers) <= 0).any() or not np.isin(valid, (_ON - 1, _ON)).all():
        raise ValueError("no row of subcarriers")
    return Lane(
        number=number,
        source=source or key.source,
        family=family,
        transmitter=parse_mac(key.transmitter) if key.transmitter else None,
        channel=named_channel(family, *stated),
        ppdu=Ppdu(key.ppdu) if key.ppdu else None,
        n_rx=key.n_rx,
        n_tx=key.n_tx,
        subcarriers=subcarriers,
        valid=valid == _ON,
        stated=stated if key.channel else None,
    )
