"""Windows and readings made up for detectors."""

import numpy as np

from airsonde.csi.events import MotionReading, Window
from airsonde.csi.model import Family, FrameBatch, Lane

SECOND = 1_000_000_000
TONES = 20
LANE = Lane(
    number=0,
    source="s",
    family=Family.SIM,
    subcarriers=np.arange(TONES, dtype=np.int16),
    valid=np.ones(TONES, bool),
)


def window(number, rows=None, *, frames=50, hop_s=1.0, quality=1.0, rejected=0):
    """Window `number` of a lane, one second long; `rows` are its amplitudes, float32[W, T]."""
    rows = np.ones((frames, TONES), np.float32) if rows is None else np.asarray(rows, np.float32)
    start = round(number * hop_s * SECOND)
    n = len(rows)
    batch = FrameBatch(
        lane=LANE,
        index=np.arange(n) + number * n,
        t_ns=start + np.arange(n) * (SECOND // n),
        csi=rows.reshape(n, 1, 1, -1).astype(np.complex64),
    )
    return Window(
        window_id=number,
        start_ns=start,
        end_ns=start + SECOND,
        frames=batch,
        tones=np.arange(rows.shape[1]),
        amplitude=rows,
        quality=quality,
        rejected=rejected,
    )


def motion(number, *, moving, hop_s=1.0, probability=None):
    """What was read of window `number`."""
    if probability is None:
        probability = {True: 0.9, False: 0.1, None: 0.5}[moving]
    return MotionReading(
        t_ns=round(number * hop_s * SECOND) + SECOND,
        window_id=number,
        score=1.0,
        threshold=2.0,
        moving=moving,
        probability=probability,
    )
