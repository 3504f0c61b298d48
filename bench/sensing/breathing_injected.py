"""A chest put into the recording of an empty room: how often the stated confidence is right."""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

import airsonde
from airsonde.csi.batches import take
from airsonde.csi.model import FrameBatch
from bench.inputs import recording

_STRETCH: Final = 680
_WAVELENGTH_M: Final = 0.125
_CHEST_M: Final = 0.004
_WANDER: Final = 0.05


@dataclass(frozen=True, slots=True)
class Injected:
    """Frames of an empty room with one reflection of `strength` breathing at `bpm` on average."""

    frames: FrameBatch
    bpm: float
    strength: float


def injected(trials: int, rng: Random) -> list[Injected]:
    """Rates of 4 to 30 bpm, reflections of 2.5 to 30 % of the channel; [] without the recording.

    The rate wanders by 5 % from one 8 s to the next; the breath has a second harmonic.
    """
    path = recording("presence/ruangan_kosong.csv")
    if path is None:
        return []
    room = airsonde.open(path).read(0)
    made = []
    for _ in range(trials):
        first = rng.randrange(len(room) - _STRETCH)
        frames = take(room, slice(first, first + _STRETCH))
        strength = 10 ** rng.uniform(-1.6, -0.5)
        made.append(_breathing(frames, rng.uniform(4, 30), strength, rng))
    return made


def _breathing(frames: FrameBatch, bpm: float, strength: float, rng: Random) -> Injected:
    t_s = (frames.t_ns - frames.t_ns[0]) / 1e9
    even = np.arange(0, t_s[-1] + 0.1, 0.1)
    knots = np.arange(0, t_s[-1] + 12, 8.0)
    wander = np.interp(even, knots, [rng.gauss(0, 1) for _ in knots])
    phase: NDArray[np.float64] = np.cumsum(2 * np.pi * bpm / 600 * (1 + _WANDER * wander))
    chest = np.sin(phase) + 0.25 * np.sin(2 * phase + rng.uniform(0, 6))
    turn = 4 * np.pi * _CHEST_M / _WAVELENGTH_M * np.interp(t_s, even, chest)
    tones = rng.uniform(0, 6.3) + rng.uniform(0.1, 0.8) * np.arange(frames.csi.shape[-1])
    path = 1 + strength * np.exp(1j * (tones + turn[:, None, None, None]))
    mean_bpm = float((phase[-1] - phase[0]) / (2 * np.pi) / (even[-1] - even[0]) * 60)
    csi = (frames.csi * path).astype(np.complex64)
    return Injected(replace(frames, csi=csi), mean_bpm, strength)
