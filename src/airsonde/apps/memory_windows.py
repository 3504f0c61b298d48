"""Windows of a capture, for memory."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from airsonde.captures.capture import open_capture
from airsonde.csi.batches import take
from airsonde.csi.events import Window
from airsonde.csi.features import normalised_amplitude
from airsonde.csi.model import F32, FrameBatch, Lane
from airsonde.csi.spans import Span, Spans

_WINDOW_NS: Final = 1_000_000_000
_FEWEST_FRAMES: Final = 8


def capture_windows(path: Path) -> Iterator[Window]:
    """Seconds of each lane that hold at least eight sound frames, in the order of their ends.

    Raises what `open_capture` raises.
    """
    numbers = count()
    spans: defaultdict[int, Spans] = defaultdict(lambda: Spans(_WINDOW_NS, _WINDOW_NS))
    for batch in open_capture(path):
        sound = _sound(batch)
        if sound is None:
            continue
        rows = np.ascontiguousarray(sound.csi.reshape(len(sound), -1)).view(np.float32)
        for span in spans[batch.lane.number].push(sound.t_ns, rows):
            if len(span.t_ns) >= _FEWEST_FRAMES:
                yield _window(next(numbers), span, batch.lane)


def _sound(batch: FrameBatch) -> FrameBatch | None:
    """The frames that are finite and received something."""
    used = batch.csi[..., batch.lane.valid].reshape(len(batch), -1)
    good = np.flatnonzero(np.isfinite(used).all(axis=1) & used.any(axis=1))
    return take(batch, good) if len(good) else None


def _window(number: int, span: Span, lane: Lane) -> Window:
    shape = (len(span.t_ns), lane.n_rx, lane.n_tx, len(lane.subcarriers))
    csi = np.ascontiguousarray(span.rows).view(np.complex64).reshape(shape)
    frames = FrameBatch(lane=lane, index=np.arange(len(span.t_ns)), t_ns=span.t_ns, csi=csi)
    amplitude: F32 = normalised_amplitude(frames).reshape(len(frames), -1)
    tones = np.flatnonzero(np.isfinite(amplitude).all(axis=0))
    return Window(
        window_id=number,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        frames=frames,
        tones=tones,
        amplitude=amplitude[:, tones],
        quality=1.0,
    )
