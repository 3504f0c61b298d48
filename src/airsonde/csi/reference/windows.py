"""Cut frames into the reference's windows and count their statistics.

A window closes with its 16th frame, or with the first one a second after its start. Frames of
another size than its first are lost, as they are there.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32
from airsonde.csi.reference.frames import joined
from airsonde.csi.reference.model import Frames, Window
from airsonde.csi.reference.sums import sum_in_order

_MOST_FRAMES: Final = 16
_LONGEST_NS: Final = 1_000_000_000
_PRESENCE_SLOPE: Final = np.float32(8)
_PRESENCE_THRESHOLD: Final = np.float32(0.05)


class _Span(NamedTuple):
    group: int
    first: int
    end: int


class WindowBuffer:
    """Frames in, whole windows out, wherever the blocks were cut."""

    def __init__(self) -> None:
        self._open: Frames | None = None
        self._made = 0

    def push(self, groups: Sequence[Frames]) -> list[Window]:
        """Windows that one block of cleaned frames, grouped by size, completes."""
        groups = self._resumed(groups)
        spans, rest = _cut(groups)
        self._open = None if rest is None else _part(groups[rest.group], rest)
        return self._windows(groups, spans)

    def flush(self) -> list[Window]:
        """The window that was still open, if any."""
        if self._open is None:
            return []
        left, self._open = self._open, None
        return self._windows([left], [_Span(0, 0, len(left))])

    def _resumed(self, groups: Sequence[Frames]) -> list[Frames]:
        """The block with the frames of the open window in front."""
        if self._open is None:
            return list(groups)
        size = self._open.amplitude.shape[1]
        same = [g for g in groups if g.amplitude.shape[1] == size]
        others = [g for g in groups if g.amplitude.shape[1] != size]
        return [joined([self._open, *same]), *others]

    def _windows(self, groups: Sequence[Frames], spans: Sequence[_Span]) -> list[Window]:
        """Windows of all spans, in order; those of one shape are counted together."""
        shapes: dict[tuple[int, int], list[int]] = {}
        for number, span in enumerate(spans):
            shapes.setdefault((span.group, span.end - span.first), []).append(number)
        made: dict[int, Window] = {}
        for (group, count), numbers in shapes.items():
            first = np.array([spans[n].first for n in numbers])
            ids = [self._made + n for n in numbers]
            counted = _counted(groups[group], first[:, None] + np.arange(count), ids)
            made.update(zip(numbers, counted, strict=True))
        self._made += len(spans)
        return [made[number] for number in range(len(spans))]


def _cut(groups: Sequence[Frames]) -> tuple[list[_Span], _Span | None]:
    """Spans of whole windows, and the one that is left open."""
    if not groups:
        return [], None
    order = np.argsort(np.concatenate([g.place for g in groups]), kind="stable")
    position = np.split(np.argsort(order), np.cumsum([len(g) for g in groups])[:-1])
    owner = np.repeat(np.arange(len(groups)), [len(g) for g in groups])[order].tolist()
    row = np.concatenate([np.arange(len(g)) for g in groups])[order].tolist()
    spans: list[_Span] = []
    at = 0
    while at < len(owner):
        group, first = owner[at], row[at]
        end = _end(groups[group], first)
        if end is None:
            return spans, _Span(group, first, len(groups[group]))
        spans.append(_Span(group, first, end))
        at = int(position[group][end - 1]) + 1
    return spans, None


def _end(frames: Frames, first: int) -> int | None:
    """Behind the last frame of the window that begins at `first`; None: it is not full yet."""
    t_ns = frames.t_ns[first : first + _MOST_FRAMES]
    late = t_ns - t_ns[0] >= _LONGEST_NS
    if late.any():
        return first + int(late.argmax()) + 1
    return first + _MOST_FRAMES if len(t_ns) == _MOST_FRAMES else None


def _part(frames: Frames, span: _Span) -> Frames:
    """A copy of some frames, placed before everything that a later block brings."""
    rows = np.arange(span.first, span.end)
    return Frames(
        place=np.arange(-len(rows), 0),
        t_ns=frames.t_ns[rows],
        quality=frames.quality[rows],
        amplitude=frames.amplitude[rows],
        phase=frames.phase[rows],
    )


def _counted(frames: Frames, rows: NDArray[np.intp], ids: Sequence[int]) -> list[Window]:
    """Windows of equal length; `rows` is [windows, frames of each]."""
    count = np.float32(rows.shape[1])
    amplitude, phase = frames.amplitude[rows], frames.phase[rows]
    motion = motion_energy(amplitude)
    presence = presence_score(motion)
    mean = sum_in_order(amplitude, axis=1) / count
    mean_phase = sum_in_order(phase, axis=1) / count
    variance = sum_in_order((phase - mean_phase[:, None]) ** 2, axis=1) / count
    quality = sum_in_order(frames.quality[rows], axis=1) / count
    start, last = frames.t_ns[rows[:, 0]], frames.t_ns[rows[:, -1]]
    end = np.where(last <= start, start + 1, last)
    return [
        Window(
            window_id=window_id,
            start_ns=int(start[w]),
            end_ns=int(end[w]),
            frame_count=rows.shape[1],
            mean_amplitude=mean[w],
            phase_variance=variance[w],
            motion_energy=motion[w],
            presence_score=presence[w],
            quality_score=quality[w],
        )
        for w, window_id in enumerate(ids)
    ]


def motion_energy(amplitude: F32) -> F32:
    """float32[W] of [W, F, S]: mean over neighbouring frames of their RMS difference."""
    if amplitude.shape[1] < 2 or not amplitude.shape[2]:
        return np.zeros(len(amplitude), np.float32)
    step = np.diff(amplitude, axis=1).astype(np.float64)
    size = np.sqrt(np.einsum("wfs,wfs->wf", step, step) / amplitude.shape[2])
    energy: F32 = size.mean(axis=1).astype(np.float32)
    return energy


def presence_score(motion: F32) -> F32:
    """float32, same shape: logistic of how far motion lies over 0.05."""
    one = np.float32(1)
    score: F32 = one / (one + np.exp(-_PRESENCE_SLOPE * (motion - _PRESENCE_THRESHOLD)))
    return score
