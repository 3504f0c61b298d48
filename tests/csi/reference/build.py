"""Frames, windows and published numbers for the tests of the reference pipeline."""

import json

import numpy as np

from airsonde.csi.reference.model import Frames, Window
from tests.recordings import vector


def published(name):
    """One line of the reference's own numbers."""
    lines = vector("dsp_core_vectors.txt").read_text().splitlines()
    return json.loads(
        next(line for line in lines if line.startswith(f"{name} = "))[len(name) + 3 :]
    )


def frames(t_ns, size=4, level=1.0, place=None):
    n = len(t_ns)
    return Frames(
        place=np.arange(n) if place is None else np.asarray(place),
        t_ns=np.asarray(t_ns, np.int64),
        quality=np.ones(n, np.float32),
        amplitude=np.full((n, size), level, np.float32),
        phase=np.zeros((n, size), np.float32),
    )


def window(number=0, *, motion=0.0, presence=0.4, quality=1.0, shape=(1.0, 2.0, 3.0)):
    return Window(
        window_id=number,
        start_ns=1000 * number,
        end_ns=1000 * number + 999,
        frame_count=16,
        mean_amplitude=np.array(shape, np.float32),
        phase_variance=np.zeros(len(shape), np.float32),
        motion_energy=np.float32(motion),
        presence_score=np.float32(presence),
        quality_score=np.float32(quality),
    )
