"""Cut a stream of rows into windows of time; the cut of the stream itself leaves no trace."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from airsonde.csi.model import F32, I64

_MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Span:
    """Rows (float32[W, T], W may be few) with start_ns <= t_ns < end_ns."""

    start_ns: int
    end_ns: int
    t_ns: I64
    rows: F32


class Spans:
    """Spans of `length_ns` every `hop_ns`, counted from the first row.

    A window is given out when the first row behind it has come; windows without any row are left
    out. Where the clock runs backwards, counting starts anew and the unfinished window is dropped.
    So is one of more than `most_bytes`: a clock that stands still ends no window.
    """

    def __init__(self, length_ns: int, hop_ns: int, most_bytes: int = _MOST_BYTES) -> None:
        self._length_ns = length_ns
        self._hop_ns = hop_ns
        self._most_bytes = most_bytes
        self._start_ns = 0
        self._t_ns: I64 = np.empty(0, dtype=np.int64)
        self._rows: F32 = np.empty((0, 0), dtype=np.float32)

    def push(self, t_ns: I64, rows: F32) -> Iterator[Span]:
        """Add rows (float32[N, T]) at `t_ns` (int64[N]); yield the windows they complete."""
        backwards = np.flatnonzero(np.diff(t_ns) < 0) + 1
        for times, part in zip(np.split(t_ns, backwards), np.split(rows, backwards), strict=True):
            yield from self._push_forward(times, part)

    def _push_forward(self, t_ns: I64, rows: F32) -> Iterator[Span]:
        most = max(1, self._most_bytes // (8 + rows[:1].nbytes))
        at = 0
        while at < len(t_ns):
            stop = at + most - len(self._t_ns)
            self._append(t_ns[at:stop], rows[at:stop])
            yield from self._complete()
            if len(self._t_ns) == most:
                self._t_ns, self._rows = self._t_ns[:0], self._rows[:0]
            at = stop

    def _append(self, t_ns: I64, rows: F32) -> None:
        if not len(self._t_ns) or t_ns[0] < self._t_ns[-1]:
            self._start_ns, self._t_ns, self._rows = int(t_ns[0]), t_ns, rows
        else:
            self._t_ns = np.concatenate([self._t_ns, t_ns])
            self._rows = np.concatenate([self._rows, rows])

    def _complete(self) -> Iterator[Span]:
        first, last_ns = 0, int(self._t_ns[-1])
        while self._start_ns + self._length_ns <= last_ns:
            start_ns, end_ns = self._start_ns, self._start_ns + self._length_ns
            first, stop = np.searchsorted(self._t_ns, [start_ns, end_ns]).tolist()
            if first < stop:
                t_ns, rows = self._t_ns[first:stop], self._rows[first:stop]
                yield Span(start_ns=start_ns, end_ns=end_ns, t_ns=t_ns, rows=rows)
                self._start_ns += self._hop_ns
            else:
                missed_ns = int(self._t_ns[first]) - end_ns
                self._start_ns += self._hop_ns * (missed_ns // self._hop_ns + 1)
        self._t_ns, self._rows = self._t_ns[first:], self._rows[first:]
