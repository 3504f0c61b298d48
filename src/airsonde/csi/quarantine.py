"""Frames that validation refused, kept for whoever wants to know why: the newest, so many."""

from collections import Counter, deque
from collections.abc import Sequence

import numpy as np

from airsonde.csi.batches import by_lane, take
from airsonde.csi.model import FrameBatch


class Quarantine:
    """Holds at most `most_frames` refused frames; the counts are of all that ever came."""

    def __init__(self, most_frames: int = 1024) -> None:
        self._most = most_frames
        self._kept: deque[FrameBatch] = deque()
        self._frames = 0
        self.reasons: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._frames

    @property
    def refused(self) -> int:
        """How many frames were refused in all."""
        return self.reasons.total()

    def add(self, rejected: Sequence[FrameBatch]) -> None:
        """Take refused frames, their reasons in `reasons`; the oldest make room for them."""
        for batch in rejected:
            self.reasons.update(reason for row in batch.reasons or () for reason in row[:1])
            newest = take(batch, np.arange(max(0, len(batch) - self._most), len(batch)))
            self._kept.append(newest)
            self._frames += len(newest)
        while self._frames > self._most:
            oldest = self._kept.popleft()
            spare = self._frames - self._most
            self._frames -= min(spare, len(oldest))
            if spare < len(oldest):
                self._kept.appendleft(take(oldest, np.arange(spare, len(oldest))))

    def batches(self) -> list[FrameBatch]:
        """What is held, one batch a lane."""
        return by_lane(list(self._kept))
