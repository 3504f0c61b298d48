"""Play a capture at the pace of its own clock, in slices of a tenth of a second."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from airsonde.captures.model import Reader
from airsonde.core.errors import ConfigError
from airsonde.csi.batches import take
from airsonde.csi.model import FrameBatch

_SLICE_NS: Final = 100_000_000
_LONGEST_WAIT_S: Final = 10.0


class Pace:
    """Waits until a time of the capture's clock has come, `speed` times as fast; 0: never waits.

    Gaps are waited for at most ten seconds; where the clock goes back, waiting begins anew.
    """

    def __init__(
        self,
        speed: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 <= speed < 1e9:
            raise ConfigError(f"a speed of {speed:g} cannot be played; 1 is the capture's own")
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._began_s = 0.0
        self._began_ns: int | None = None

    def wait_for(self, t_ns: int) -> None:
        if not self._speed:
            return
        now_s = self._clock()
        if self._began_ns is None or t_ns < self._began_ns:
            self._began_s, self._began_ns = now_s, t_ns
        due_s = self._began_s + (t_ns - self._began_ns) / 1e9 / self._speed
        if due_s - now_s > _LONGEST_WAIT_S:
            self._began_s -= due_s - now_s - _LONGEST_WAIT_S
            due_s = now_s + _LONGEST_WAIT_S
        if due_s > now_s:
            self._sleep(due_s - now_s)


def paced_blocks(reader: Reader, pace: Pace) -> Iterator[list[FrameBatch]]:
    """The batches of a capture in slices, each given when its time has come."""
    for block in reader.blocks():
        for t_ns, part in _slices(block):
            pace.wait_for(t_ns)
            yield part


def _slices(block: list[FrameBatch]) -> Iterator[tuple[int, list[FrameBatch]]]:
    """Parts of a block by the order of its frames; a part ends where a tenth of a second does."""
    index = np.concatenate([b.index for b in block])
    order = np.argsort(index, kind="stable")
    t_ns = np.concatenate([b.t_ns for b in block])[order]
    turns = np.flatnonzero(np.diff(t_ns // _SLICE_NS)) + 1
    firsts = [0, *turns.tolist()]
    bounds = [*index[order[firsts]].tolist(), int(index.max()) + 1]
    for first, (low, high) in zip(firsts, pairwise(bounds), strict=True):
        rows = [(b, (b.index >= low) & (b.index < high)) for b in block]
        yield int(t_ns[first]), [take(b, r) for b, r in rows if r.any()]
