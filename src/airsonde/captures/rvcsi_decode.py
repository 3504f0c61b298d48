"""Decode the lines of a `.rvcsi` file into batches, a block of lines at a time."""

import re
from collections import defaultdict
from collections.abc import Iterable
from struct import Struct
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from airsonde.captures.rvcsi_words import (
    KINDS,
    STATUS,
    AdapterKind,
    Frame,
    Header,
    family_of,
    fits,
    kind_of,
    read_header,
)
from airsonde.core.errors import DecodeError
from airsonde.csi.amplitude import amplitude
from airsonde.csi.lanes import LaneBook, named_channel
from airsonde.csi.model import Bools, Family, FrameBatch, Lane, Tally
from airsonde.csi.phase import phase
from airsonde.csi.ports import Fed
from airsonde.csi.raw_order import subcarriers, to_lane, valid

_FRAMES = msgspec.json.Decoder(Frame)
_NO_FRAME: Final = "line that is no frame"
_NOT_FINITE: Final = "value that is not finite"
_MISMATCH: Final = "vector length mismatch"
_NULL_SAMPLE: Final = re.compile(rb'"[iq]_values":\[[^\]]*null')
_NUMERIC: Final = b"0123456789+-.eE \t"
_ROW = msgspec.json.Decoder(list[float])
_SAMPLE_EVERY: Final = 64
_Row = tuple[int, Frame]


class _LaneKey(NamedTuple):
    source: str
    kind: AdapterKind
    channel: int
    width_mhz: int
    antenna: int | None
    tx_chain: int | None
    rx_chain: int | None
    size: int
    calibration: str | None


class RvcsiDecoder:
    """Lines in, batches out; the first line must be a header.

    `strict`: nothing is decoded from the first bad line on; `stopped` says which that is.
    """

    def __init__(self, source: str | None = None, *, strict: bool = False) -> None:
        self.tally = Tally()
        self.warnings: list[str] = []
        self.chip: str | None = None
        self.header: Header | None = None
        self.stopped: DecodeError | None = None
        self._strict = strict
        self._line = 1
        self._source = source
        self._lanes = LaneBook()

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        """Decode whole lines. Raises DecodeError at offset 0 for a bad header."""
        block = bytes(data)
        lines = block.split(b"\n")
        rest = lines.pop()
        if final and rest:
            lines.append(rest)
        end = len(block) if final else len(block) - len(rest)
        if self.header is None:
            if not lines and not final:
                return Fed([], 0)
            self.header = read_header(lines.pop(0) if lines else b"")
            self.chip = self.header.adapter_profile.chip
        return Fed(self._decode(lines), end)

    def _decode(self, lines: list[bytes]) -> list[FrameBatch]:
        groups: dict[_LaneKey, list[_Row]] = defaultdict(list)
        for line in lines:
            self._line += 1
            if self.stopped or not line.strip(b"\r"):
                continue
            index = self.tally.records
            frame = _frame(line)
            if isinstance(frame, str):
                self.tally.skip(frame)
                if self._strict:
                    self.stopped = DecodeError(frame, offset=self._line)
            else:
                self.tally.decoded += 1
                groups[_key(frame)].append((index, frame))
        batches = (self._batch(key, rows) for key, rows in groups.items())
        return [b for b in batches if b is not None]

    def _batch(self, key: _LaneKey, rows: list[_Row]) -> FrameBatch | None:
        values = np.empty((len(rows), key.size), np.complex64)
        with np.errstate(over="ignore"):
            values.real = _matrix([f.i_values for _, f in rows], key.size)
            values.imag = _matrix([f.q_values for _, f in rows], key.size)
        finite: Bools = np.all(np.isfinite(values), axis=1)
        if not finite.all():
            bad = int((~finite).sum())
            self.tally.decoded -= bad
            self.tally.skip(_NOT_FINITE, bad)
            values = values[finite]
            rows = [row for row, good in zip(rows, finite.tolist(), strict=True) if good]
        if not rows:
            return None
        lane = self._lanes.lane(key, lambda number: self._lane(number, key))
        frames = [frame for _, frame in rows]
        return FrameBatch(
            lane=lane,
            index=np.array([index for index, _ in rows], np.int64),
            t_ns=np.array([f.timestamp_ns for f in frames], np.int64),
            csi=to_lane(values, lane.family),
            rssi_dbm=_optional([f.rssi_dbm for f in frames]),
            noise_dbm=_optional([f.noise_floor_dbm for f in frames]),
            verdict=np.array([STATUS[f.validation] for f in frames], np.uint8),
            quality=np.array([f.quality_score for f in frames], np.float32),
            reasons=tuple(tuple(f.quality_reasons) for f in frames),
            extra=_extra(key, lane.family, frames) | _own_polar(values, frames, lane.family),
        )

    def _lane(self, number: int, key: _LaneKey) -> Lane:
        family = family_of(key.kind)
        return Lane(
            number=number,
            source=self._source or key.source,
            family=family,
            chip=self.chip,
            channel=named_channel(family, key.channel, key.width_mhz),
            core=key.rx_chain,
            stream=key.tx_chain,
            subcarriers=subcarriers(key.size),
            valid=valid(family, key.size),
            stated=(key.channel, key.width_mhz),
        )


def _frame(line: bytes) -> Frame | str:
    """A frame, or why the line is none."""
    try:
        frame = _FRAMES.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOT_FINITE if _NULL_SAMPLE.search(line) else _NO_FRAME
    if not fits(frame.frame_id, frame.session_id):
        return _NO_FRAME
    size = frame.subcarrier_count
    if len(frame.i_values) != size or len(frame.q_values) != size:
        return _MISMATCH
    for raw in (frame.amplitude, frame.phase):
        if (wrong := _wrong_numbers(bytes(raw), size)) is not None:
            return wrong
    return frame


def _wrong_numbers(text: bytes, size: int) -> str | None:
    """What keeps a JSON value from being an array of `size` numbers."""
    frame = text.translate(None, _NUMERIC)
    if frame[:1] + frame[1:-1].strip(b",") + frame[-1:] != b"[]":
        return _NOT_FINITE if b"null" in text else _NO_FRAME
    count = len(frame) - 1 if text.strip(b"[ \t]") else 0
    return None if count == size else _MISMATCH


def _key(frame: Frame) -> _LaneKey:
    return _LaneKey(
        frame.source_id,
        frame.adapter_kind,
        frame.channel,
        frame.bandwidth_mhz,
        frame.antenna_index,
        frame.tx_chain,
        frame.rx_chain,
        frame.subcarrier_count,
        frame.calibration_version,
    )


def _optional(values: list[int | None]) -> NDArray[np.float32]:
    return np.array([np.nan if v is None else v for v in values], np.float32)


def _extra(key: _LaneKey, family: Family, frames: list[Frame]) -> dict[str, NDArray[np.generic]]:
    """What only this format tells of a frame."""
    n = len(frames)
    extra: dict[str, NDArray[np.generic]] = {
        "frame_id": np.array([f.frame_id for f in frames], np.uint64),
        "session_id": np.array([f.session_id for f in frames], np.uint64),
    }
    if key.kind != kind_of(family):
        extra["adapter_kind"] = np.full(n, KINDS.index(key.kind), np.uint8)
    if key.antenna is not None:
        extra["antenna_index"] = np.full(n, key.antenna, np.uint8)
    if key.calibration is not None:
        extra["calibration_version"] = np.full(n, key.calibration)
    return extra


def _own_polar(
    values: NDArray[np.complex64], frames: list[Frame], family: Family
) -> dict[str, NDArray[np.generic]]:
    """Amplitude and phase as stated, where they are not what single precision gives.

    They are compared on a few frames of the batch: one writer computed all of them. Stated
    numbers beyond what a float holds count as not stated.
    """
    try:
        return _stated_polar(values, frames, family)
    except msgspec.DecodeError:
        return {}


def _stated_polar(
    values: NDArray[np.complex64], frames: list[Frame], family: Family
) -> dict[str, NDArray[np.generic]]:
    rows = [*range(0, len(frames), _SAMPLE_EVERY), len(frames) - 1]
    sample, size = values[rows], values.shape[1]
    own: dict[str, NDArray[np.generic]] = {}
    stated = [frames[row].amplitude for row in rows]
    if not np.array_equal(_numbers(stated, size), amplitude(sample)):
        own["amplitude"] = to_lane(_numbers([f.amplitude for f in frames], size), family)
    stated = [frames[row].phase for row in rows]
    if not np.array_equal(_numbers(stated, size), phase(sample)):
        own["phase_rad"] = to_lane(_numbers([f.phase for f in frames], size), family)
    return own


def _numbers(texts: list[msgspec.Raw], size: int) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return _matrix(map(_ROW.decode, texts), size).astype(np.float32)


def _matrix(rows: Iterable[list[float]], size: int) -> NDArray[np.float64]:
    """[N, size]; by `struct`, for NumPy takes three times as long over lists of numbers."""
    pack = Struct(f"={size}d").pack
    packed = [pack(*row) for row in rows]
    return np.frombuffer(b"".join(packed)).reshape(len(packed), size)
