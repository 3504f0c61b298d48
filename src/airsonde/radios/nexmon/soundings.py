"""Join the records of one sounding: a card with several cores sends one for each of its chains."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import FrameBatch
from airsonde.radios.nexmon.frames import Frames, join_frames
from airsonde.radios.nexmon.header import core_and_stream

_PROOF = 0.9  # of all records must form whole soundings

Words = tuple[int, ...]


def proven_words(batches: Sequence[FrameBatch]) -> Words | None:
    """Core-and-stream words of a sounding, in the order of the records; None if there are none.

    The batches, each of one core and stream, are the beginning of a capture. Records belong
    together when transmitter and sequence control are the same and every word comes once.
    """
    if not batches:
        return None
    order = np.argsort(np.concatenate([b.index for b in batches]))
    lanes = np.concatenate([np.full(len(b), i) for i, b in enumerate(batches)])[order]
    words = np.array([(b.lane.core or 0) | (b.lane.stream or 0) << 3 for b in batches])[lanes]
    senders = np.array([int.from_bytes(b.lane.transmitter or b"") for b in batches])[lanes]
    sequence = np.concatenate(
        [np.zeros(len(b), np.int32) if b.seq is None else b.seq for b in batches]
    )[order]
    starts = _run_starts(senders, sequence)
    first = words[: starts[1] if len(starts) > 1 else None]
    pattern = tuple(int(w) for w in first)
    if len(pattern) < 2 or _chains(pattern) is None:
        return None
    starts = _set_starts(starts, len(words), len(pattern))
    return pattern if _whole(starts, words, pattern).mean() >= _PROOF else None


def _chains(words: Words) -> tuple[int, int] | None:
    """Cores and streams, when the words are all their combinations."""
    pairs = {core_and_stream(w) for w in words}
    cores, streams = {c for c, _ in pairs}, {s for _, s in pairs}
    whole = len(pairs) == len(words) == len(cores) * len(streams)
    return (len(cores), len(streams)) if whole else None


def _run_starts(*columns: NDArray[np.generic]) -> NDArray[np.intp]:
    changes = np.zeros(len(columns[0]), dtype=bool)
    changes[0] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changes)


def _set_starts(runs: NDArray[np.intp], count: int, size: int) -> NDArray[np.intp]:
    """Where sets of `size` records begin, counted anew from each run's first record."""
    place = np.arange(count) - np.repeat(runs, np.diff(runs, append=count))
    return np.flatnonzero(place % size == 0)


def _whole(starts: NDArray[np.intp], words: NDArray[np.int64], pattern: Words) -> NDArray[np.bool_]:
    """bool[n]: whether a record lies in a set that is the whole pattern."""
    lengths = np.diff(starts, append=len(words))
    place = np.arange(len(words)) - np.repeat(starts, lengths)
    wrong = words != np.array(pattern)[place]
    good = (lengths == len(pattern)) & (np.add.reduceat(wrong, starts) == 0)
    return np.repeat(good, lengths)


class Soundings:
    """Joins records of a stream; what does not form a whole sounding is passed on single."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._chains = _chains(words) or (1, len(words))
        places = sorted(range(len(words)), key=lambda i: core_and_stream(words[i]))
        self._order = np.array(places)
        self._held: dict[int, Frames] = {}

    def join(self, frames: Frames) -> list[Frames]:
        """Whole soundings, and single frames; an unfinished set is held for the next call."""
        size = frames.csi.shape[-1]
        held = self._held.pop(size, None)
        if held is not None:
            frames = join_frames(held, frames)
        header = frames.heads.header
        words = (header.shape & np.uint64(0xFFFF)).astype(np.int64)
        runs = _run_starts(header.transmitter, header.sequence)
        starts = _set_starts(runs, len(frames), len(self._words))
        whole = _whole(starts, words, self._words)
        last = int(starts[-1])
        if len(frames) - last < len(self._words):
            self._held[size] = frames.where(slice(last, None))
            frames, whole = frames.where(slice(0, last)), whole[:last]
        return self._split(frames, whole)

    def flush(self) -> list[Frames]:
        """What was still held, as single frames."""
        held, self._held = list(self._held.values()), {}
        return held

    def _split(self, frames: Frames, whole: NDArray[np.bool_]) -> list[Frames]:
        parts = []
        if whole.any():
            parts.append(self._joined(frames if whole.all() else frames.where(whole)))
        if not whole.all():
            parts.append(frames.where(~whole))
        return parts

    def _joined(self, frames: Frames) -> Frames:
        count, size = len(self._words), frames.csi.shape[-1]
        csi = frames.csi.reshape(-1, count, size)
        if (self._order != np.arange(count)).any():
            csi = csi[:, self._order]
        heads = frames.heads.where(slice(0, None, count))
        header = replace(heads.header, shape=heads.header.shape & ~np.uint64(0xFFFF))
        return Frames(replace(heads, header=header), csi.reshape(-1, *self._chains, size))
