"""Walk the segments of many PicoScenes records at once."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.chain import gather
from airsonde.csi.model import I64, U8, Bools
from airsonde.radios.picoscenes.layout import HEADER_BYTES

NAMES = ("RxSBasic", "CSI", "MVMExtra")
_WINDOW = 16
_MOST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Where one named segment's content lies in each record; version 0: the record has none."""

    at: I64
    size: I64
    version: I64


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """The known segments by name, where the 802.11 frame begins, which records hold together."""

    named: dict[str, Segments]
    frame_at: I64
    sound: Bools


def walk(block: U8, starts: I64, sizes: I64) -> Walked:
    """Follow the segments of n records side by side; at most 32 in one record."""
    n = len(starts)
    named = {
        name: Segments(
            at=np.zeros(n, np.int64), size=np.zeros(n, np.int64), version=np.zeros(n, np.int64)
        )
        for name in NAMES
    }
    at, ends = starts + HEADER_BYTES, starts + sizes
    count = block[starts + HEADER_BYTES - 1].astype(np.int64)
    sound = count <= _MOST
    for number in range(min(int(count.max(initial=0)), _MOST)):
        sound &= (number >= count) | (at + 7 <= ends)
        rows = np.flatnonzero(sound & (number < count))
        window = block[np.minimum(at[rows, None] + np.arange(_WINDOW), len(block) - 1)]
        length = np.ascontiguousarray(window[:, :4]).view("<u4")[:, 0].astype(np.int64) + 4
        for name, segments in named.items():
            _note(name, segments, window, rows, at[rows], length)
        at[rows] += length
        sound &= at <= ends
    return Walked(named=named, frame_at=at, sound=sound)


def _none(n: int) -> Segments:
    at, size, version = np.zeros((3, n), dtype=np.int64)
    return Segments(at=at, size=size, version=version)


def _note(
    name: str, segments: Segments, window: U8, rows: NDArray[np.intp], at: I64, length: I64
) -> None:
    for text in (name.encode(), name.encode() + b"\0"):
        head = np.frombuffer(bytes([len(text)]) + text, dtype=np.uint8)
        behind = 4 + len(head)
        found = np.flatnonzero((window[:, 4:behind] == head).all(axis=1))
        content = length[found] - behind - 2
        segments.at[rows[found]] = at[found] + behind + 2
        segments.size[rows[found]] = content
        low, high = window[found, behind].astype(np.int64), window[found, behind + 1]
        segments.version[rows[found]] = np.where(content >= 0, low | high.astype(np.int64) << 8, 0)


def read_fields(
    block: U8,
    segments: Segments,
    layouts: dict[int, np.dtype[np.void]],
    common: np.dtype[np.void],
) -> tuple[NDArray[np.void], Bools]:
    """Fields of `common` out of each record's segment; 0 where its version lacks one.

    The mask tells where the version is known and the segment long enough.
    """
    fields = np.zeros(len(segments.at), dtype=common)
    read = np.zeros(len(segments.at), dtype=np.bool_)
    for version, layout in layouts.items():
        rows = np.flatnonzero((segments.version == version) & (segments.size >= layout.itemsize))
        if not len(rows):
            continue
        there: NDArray[Any] = gather(block, segments.at[rows], layout.itemsize).view(layout)[:, 0]
        for name in set(layout.names or ()) & set(common.names or ()):
            fields[name][rows] = there[name]
        read[rows] = True
    return fields, read


def missing(name: str, segments: Segments, lacking: Bools) -> Counter[str]:
    """Why records lack a segment's fields, counted."""
    reasons: Counter[str] = Counter()
    versions, counts = np.unique(segments.version[lacking], return_counts=True)
    for version, count in zip(versions.tolist(), counts.tolist(), strict=True):
        reasons[f"{name} segment v{version} is not known" if version else f"no {name} segment"] = (
            count
        )
    return reasons
