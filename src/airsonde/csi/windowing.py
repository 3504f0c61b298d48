"""All lanes of one source: frames in, numbered windows and silences out, in one order.

Windows are numbered in the order of the frames that completed them; that order, like the frames of
each window, does not depend on how the stream was cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from airsonde.csi.batches import take
from airsonde.csi.events import Window
from airsonde.csi.model import FrameBatch, Lane
from airsonde.csi.quarantine import Quarantine
from airsonde.csi.validate import Validator
from airsonde.csi.windows import LAST, Cut, LaneWindows, WindowShape


@dataclass(frozen=True, slots=True)
class Silence:
    """No frame came from `last_ns` to `t_ns`; `window_id` is the window before."""

    t_ns: int
    last_ns: int
    window_id: int


Seen: TypeAlias = Window | Silence


class Windowing:
    """Validates, sorts by lane, cuts, numbers; refused frames go to the quarantine.

    A silence of `silence_s` ends every open window and is told once. Time is the latest there was:
    a source whose clock was set back is not called silent before it has caught up.
    """

    def __init__(
        self,
        shape: WindowShape | None = None,
        validator: Validator | None = None,
        *,
        silence_s: float = 5.0,
    ) -> None:
        self.quarantine = Quarantine()
        self._shape = shape or WindowShape()
        self._validator = validator or Validator()
        self._silence_ns = round(silence_s * 1e9)
        self._lanes: dict[int, LaneWindows] = {}
        self._made = 0
        self._last_ns: int | None = None

    @property
    def grid_ns(self) -> int:
        """Windows by time end at multiples of this; 1 where they are counted, so that any may."""
        return 1 if self._shape.by_count else round(self._shape.hop * 1e9)

    def feed(self, batches: Sequence[FrameBatch]) -> list[Seen]:
        """Take the batches of one block; their frames are ordered by `index`."""
        judged = self._validator.validate(batches)
        self.quarantine.add(judged.rejected)
        for batch in judged.rejected:
            self._lane(batch.lane).reject(batch.index)
        seen: list[Seen] = []
        for t_ns, stretch in self._stretches(judged.passed):
            seen += self.advance(t_ns)
            cuts = [c for b in stretch for c in self._lane(b.lane).push(b)]
            seen += self._numbered(cuts)
            self._last_ns = max(self._last_ns or t_ns, *(int(b.t_ns.max()) for b in stretch))
        return seen

    def advance(self, t_ns: int) -> list[Seen]:
        """What has become of it at `t_ns`, the source's clock: nothing, or a silence."""
        last_ns = self._last_ns
        if last_ns is None or t_ns - last_ns < self._silence_ns:
            return []
        seen: list[Seen] = [*self.flush()]
        self._last_ns = None
        return [*seen, Silence(last_ns + self._silence_ns, last_ns, self._made - 1)]

    def flush(self) -> list[Window]:
        """End every open window."""
        return self._numbered([c for lane in self._lanes.values() for c in lane.flush()])

    def _lane(self, lane: Lane) -> LaneWindows:
        windows = self._lanes.get(lane.number)
        if windows is None:
            windows = self._lanes[lane.number] = LaneWindows(lane, self._shape)
        return windows

    def _stretches(self, batches: list[FrameBatch]) -> Iterator[tuple[int, list[FrameBatch]]]:
        """Parts of a block between silences, each with the time of its first frame."""
        if not batches:
            return
        index = np.concatenate([b.index for b in batches])
        order = np.argsort(index, kind="stable")
        t_ns = np.concatenate([b.t_ns for b in batches])[order]
        start_ns = t_ns[0] if self._last_ns is None else self._last_ns
        latest = np.maximum.accumulate(np.append(start_ns, t_ns))[:-1]
        gaps = np.flatnonzero(t_ns - latest >= self._silence_ns)
        firsts = [0, *gaps[gaps > 0].tolist()]
        if len(firsts) == 1:
            yield int(t_ns[0]), batches
            return
        bounds = [int(index[order[f]]) for f in firsts] + [LAST]
        for at, first in enumerate(firsts):
            low, high = bounds[at], bounds[at + 1]
            rows = [(b, (b.index >= low) & (b.index < high)) for b in batches]
            yield int(t_ns[first]), [take(b, r) for b, r in rows if r.any()]

    def _numbered(self, cuts: list[Cut]) -> list[Window]:
        cuts.sort(key=lambda c: (c.by, c.frames.lane.number, c.start_ns))
        first, self._made = self._made, self._made + len(cuts)
        return [_window(number, cut) for number, cut in enumerate(cuts, first)]


def _window(number: int, cut: Cut) -> Window:
    quality = cut.frames.quality
    return Window(
        window_id=number,
        start_ns=cut.start_ns,
        end_ns=cut.end_ns,
        frames=cut.frames,
        tones=cut.tones,
        amplitude=cut.amplitude,
        quality=1.0 if quality is None else float(quality.mean()),
        rejected=cut.rejected,
    )
