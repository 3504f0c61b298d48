"""Windows of one second of a lane in order of time, from its first frame on; not validated."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from airsonde.csi.model import FrameBatch
from airsonde.csi.batches import take
from airsonde.csi.events import Window
from airsonde.csi.features import normalised_amplitude

_SECOND_NS = 1_000_000_000


def seconds(batch: FrameBatch) -> Iterator[Window]:
    """Tumbling windows; those without a frame are left out."""
    tones = np.flatnonzero(np.tile(batch.lane.valid, batch.lane.n_rx * batch.lane.n_tx))
    batch = take(batch, np.argsort(batch.t_ns, kind="stable"))
    number = (batch.t_ns - batch.t_ns[0]) // _SECOND_NS
    edges = np.flatnonzero(np.diff(number, prepend=number[0] - 1, append=number[-1] + 1))
    for window_id, (first, last) in enumerate(pairwise(edges.tolist())):
        frames = take(batch, slice(first, last))
        start_ns = int(batch.t_ns[0] + number[first] * _SECOND_NS)
        amplitude = normalised_amplitude(frames).reshape(len(frames), -1)[:, tones]
        yield Window(
            window_id=window_id,
            start_ns=start_ns,
            end_ns=start_ns + _SECOND_NS,
            frames=frames,
            tones=tones,
            amplitude=np.nan_to_num(amplitude),
            quality=1.0,
        )
