"""Find the records of a stream in which each says how long it is, also behind damage."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from airsonde.csi.model import I64, U8

GARBAGE = "garbage between records"
TRUNCATED = "truncated record"

_RUN = 16
_FEW = 64
_AHEAD = 4096
_SCAN = 1 << 13


class RecordShape(Protocol):
    """How the start of one kind of record looks.

    `head`: bytes from its start that `size` looks at; `key`: which of them it looks at.
    """

    head: int
    key: Sequence[int]

    def size(self, data: memoryview, at: int) -> int:
        """Bytes of the record that starts at `at` (`head` bytes are there); 0: none can."""

    def candidates(self, data: U8) -> NDArray[np.intp]:
        """Offsets, ascending, where bytes look so much like a start that they need no neighbour.

        `size` must not be 0 there.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Sound records of one block: offset, bytes, number in the stream. And what else there was."""

    starts: I64
    sizes: I64
    numbers: I64
    lost: Counter[str]
    consumed: int


@dataclass(slots=True)
class _Found:
    """Runs of records that follow each other: starts, where the last ends, number of the first."""

    runs: list[tuple[list[int], int, int]] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def split(self, consumed: int) -> Split:
        starts = [np.array(run, dtype=np.int64) for run, _, _ in self.runs]
        ends = [end for _, end, _ in self.runs]
        sizes = [np.diff(run, append=end) for run, end in zip(starts, ends, strict=True)]
        firsts = [first for _, _, first in self.runs]
        numbers = [np.arange(len(r)) + n for r, n in zip(starts, firsts, strict=True)]
        none = np.empty(0, dtype=np.int64)
        return Split(
            starts=np.concatenate([none, *starts]),
            sizes=np.concatenate([none, *sizes]),
            numbers=np.concatenate([none, *numbers]),
            lost=self.lost,
            consumed=consumed,
        )


def gather(block: U8, starts: I64, size: int) -> U8:
    """uint8[n, size]: a copy of the bytes from each start on; each must hold that many."""
    windows = as_strided(block, (len(block) - size + 1, size), (1, 1), writeable=False)
    rows: U8 = windows[starts]
    return rows


def rows_alike(*keys: I64) -> list[NDArray[np.intp]]:
    """Rows that have all keys in common, ascending, in the order in which they first appear."""
    parts = [np.arange(len(keys[0]))] if len(keys[0]) else []
    for key in keys:
        parts = [rows[of] for rows in parts for of in _split(key[rows])]
    return sorted(parts, key=lambda rows: int(rows[0]))


def _split(key: I64) -> list[NDArray[np.intp]]:
    if (key == key[0]).all():
        return [np.arange(len(key))]
    order = np.argsort(key, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)


def mac_keys(macs: U8) -> I64:
    """int64[n]: addresses uint8[n, 6] as numbers, for `rows_alike`."""
    padded = np.zeros((len(macs), 8), dtype=np.uint8)
    padded[:, :6] = macs
    keys: I64 = padded.view(np.int64)[:, 0]
    return keys


def sound_share(data: bytes, shape: RecordShape, *, final: bool) -> float:
    """Part of the bytes in sound records, 0..1; without `final` an open end is left out."""
    split = RecordSplitter(shape).split(memoryview(data), final=final)
    return float(split.sizes.sum()) / split.consumed if split.consumed else 0.0


class RecordSplitter:
    """Walk from record to record; where the chain breaks, go on at the next unmistakable start.

    A record is sound when a record can start at its end. If none can, and a sound one starts
    inside it, its length was wrong and it is garbage. Every stretch of garbage counts as one
    record. What is found does not depend on where the bytes were cut; time is linear.
    """

    def __init__(self, shape: RecordShape) -> None:
        self._shape = shape
        self._key = np.asarray(shape.key)
        self._number = 0
        self._astray = False
        self._ahead = _FEW
        self._found = _Found()

    def split(self, data: memoryview, *, final: bool) -> Split:
        """Find the records that `data` decides; offer the rest again from `consumed` on."""
        self._found = _Found()
        block = np.frombuffer(data, dtype=np.uint8)
        at, more = 0, True
        while more:
            if self._astray:
                at, more = self._recover(data, block, at, final=final)
            else:
                at, more = self._follow(data, block, at, final=final)
        self._astray = self._astray and not final
        return self._found.split(at)

    def _follow(self, data: memoryview, block: U8, at: int, *, final: bool) -> tuple[int, bool]:
        """Walk on as long as the chain holds; answer where it stands and whether to go on."""
        head, size_at = self._shape.head, self._shape.size
        last = len(data) - head
        if at > last:
            return self._tail(data, at, final=final)
        starts: list[int] = []
        size, before, repeated = size_at(data, at), 0, 0
        behind = size
        while size and at + size <= last:
            behind = size_at(data, at + size)
            if not behind:
                break
            starts.append(at)
            at += size
            repeated = repeated + 1 if behind == before else 0
            before, size = size, behind
            if repeated >= _RUN:
                more = self._alike(block, at, (size,) if size == before else (size, before))
                starts += more
                at, repeated = more[-1] + before if more else at, 0
        self._sound(starts, at)
        if not size:
            return self._stray(at)
        if not behind:
            return self._doubtful(data, block, at, size, final=final)
        return self._last(data, block, at, size, final=final)

    def _last(
        self, data: memoryview, block: U8, at: int, size: int, *, final: bool
    ) -> tuple[int, bool]:
        """Judge a record behind which there are too few bytes for another start."""
        if not final:
            return at, False
        if at + size <= len(data):
            self._sound([at], at + size)
            return self._tail(data, at + size, final=True)
        return self._doubtful(data, block, at, len(data) - at, final=True, whole=False)

    def _tail(self, data: memoryview, at: int, *, final: bool) -> tuple[int, bool]:
        if final and at < len(data):
            self._lose(TRUNCATED)
        return (len(data) if final else at), False

    def _doubtful(
        self,
        data: memoryview,
        block: U8,
        at: int,
        size: int,
        *,
        final: bool,
        whole: bool = True,
    ) -> tuple[int, bool]:
        """Decide on a record with none behind it: it is sound unless a sound one starts in it."""
        start, decided = self._search(data, block, at + 1, at + size, final=final)
        if not decided:
            return at, False
        if start is not None:
            self._lose(GARBAGE)
            return start, True
        if not whole:
            self._lose(TRUNCATED)
            return len(data), False
        self._sound([at], at + size)
        return at + size, True

    def _stray(self, at: int) -> tuple[int, bool]:
        self._astray = True
        self._lose(GARBAGE)
        return at, True

    def _recover(self, data: memoryview, block: U8, at: int, *, final: bool) -> tuple[int, bool]:
        start, decided = self._search(data, block, at, len(data), final=final)
        if start is None:
            return (len(data) if final else max(at, len(data) - self._shape.head + 1)), False
        self._astray = not decided
        return start, decided

    def _search(
        self, data: memoryview, block: U8, first: int, end: int, *, final: bool
    ) -> tuple[int | None, bool]:
        """First sound record that starts in first … end; (offset, False): undecided from there."""
        head, width = self._shape.head, 512
        end = min(end, len(data) - head + 1)
        while first < end:
            stop = min(first + width, end)
            for found in self._shape.candidates(block[first : stop + head - 1]):
                at = first + int(found)
                if at + self._shape.size(data, at) <= len(data):
                    return at, True
                if not final:
                    return at, False
            first, width = stop, min(2 * width, _SCAN)
        return None, True

    def _alike(self, block: U8, at: int, sizes: tuple[int, ...]) -> list[int]:
        """Starts of records from `at` on of these sizes in turn that all begin like the first."""
        head, stride = self._shape.head, sum(sizes)
        count = min((len(block) - head - at - stride + sizes[-1]) // stride, self._ahead)
        if count < 1:
            return []
        same, offset = np.ones(count + 1, dtype=np.bool_), at
        for size in sizes:
            shape = (count + 1, head)
            rows: U8 = np.ndarray(shape, np.uint8, block.data, offset, (stride, 1))
            same &= (rows[:, self._key] == rows[0, self._key]).all(axis=1)
            offset += size
        whole = bool(same.all())
        turns = count if whole else int(np.argmin(same)) - 1
        self._ahead = min(2 * self._ahead, _AHEAD) if whole else _FEW
        first = at + stride * np.arange(turns)
        offsets = np.cumsum((0, *sizes[:-1]))
        places: list[int] = (first[:, None] + offsets).ravel().tolist()
        return places

    def _sound(self, starts: list[int], end: int) -> None:
        if starts:
            self._found.runs.append((starts, end, self._number))
            self._number += len(starts)

    def _lose(self, reason: str) -> None:
        self._found.lost[reason] += 1
        self._number += 1
