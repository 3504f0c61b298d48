"""A room as a handful of rays: what a receiver would measure in it. Pure; randomness is passed in.

H(f, t) = sum over rays of a_i exp(-j 2 pi f d_i(t) / c), with lengths d_i in metres: the textbook
multipath model. A walker lengthens one ray by metres, a breather by twice the stroke of a chest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import C64, I16, I64

Generator: TypeAlias = np.random.Generator  # noqa: TID251  (named, never made here)
_Reals: TypeAlias = NDArray[np.float64]

_LIGHT_M_PER_S = 299_792_458.0
_SPACING_HZ = 312_500.0
_SCALE = 1000.0
_LARGEST = 32767


class Motion(StrEnum):
    """What happens in the room."""

    EMPTY = "empty"
    WALKER = "walker"
    BREATHER = "breather"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A room, who is in it, and how well it is measured."""

    motion: Motion = Motion.WALKER
    rate_hz: float = 100.0
    jitter: float = 0.05  # standard deviation of the interval, as a share of it
    breaths_per_minute: float = 15.0
    stroke_m: float = 0.005
    speed_m_per_s: float = 0.8
    rest_s: float = 6.0  # a walker stands still this long, then walks as long, and so on
    snr_db: float = 28.0
    gain_steps_per_minute: float = 6.0
    static_rays: int = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """A stretch of frames: int64[N] times from 0, complex64[N, S] samples in whole counts."""

    t_ns: I64
    csi: C64


def simulate(
    scene: Scene, rng: Generator, *, center_hz: float, tones: I16, frames: int, block: int = 512
) -> Iterator[Simulated]:
    """Measure a scene on `tones` (int16[S], relative to DC), at most `block` frames at a time."""
    f_hz = center_hz + tones.astype(np.float64) * _SPACING_HZ
    still = _static(scene, rng, f_hz)
    gain_db = 0.0
    start_ns = 0
    for first in range(0, frames, block):
        n = min(block, frames - first)
        t_ns = start_ns + np.cumsum(_intervals_ns(scene, rng, n))
        start_ns = int(t_ns[-1])
        moving = _moving(scene, f_hz, t_ns / 1e9)
        steps_db, gain_db = _gain_db(scene, rng, n, gain_db)
        yield Simulated(t_ns=t_ns, csi=_measured(scene, rng, still + moving, steps_db, tones))


def _static(scene: Scene, rng: Generator, f_hz: _Reals) -> NDArray[np.complex128]:
    """The direct ray of 4 m and its weaker, longer echoes."""
    lengths = np.concatenate([[4.0], rng.uniform(5.0, 28.0, scene.static_rays)])
    strengths = 4.0 / lengths * np.concatenate([[1.0], rng.uniform(0.3, 0.9, scene.static_rays)])
    return np.asarray(strengths @ _phasors(lengths[:, None], f_hz))


def _phasors(length_m: _Reals, f_hz: _Reals) -> NDArray[np.complex128]:
    return np.asarray(np.exp(-2j * np.pi * f_hz * length_m / _LIGHT_M_PER_S))


def _intervals_ns(scene: Scene, rng: Generator, n: int) -> I64:
    mean_ns = 1e9 / scene.rate_hz
    intervals = rng.normal(mean_ns, scene.jitter * mean_ns, n)
    return np.asarray(np.maximum(intervals, 0.1 * mean_ns), dtype=np.int64)


def _moving(scene: Scene, f_hz: _Reals, t_s: _Reals) -> NDArray[np.complex128]:
    if scene.motion is Motion.EMPTY:
        return np.zeros((len(t_s), len(f_hz)), dtype=np.complex128)
    if scene.motion is Motion.BREATHER:
        turns = t_s * scene.breaths_per_minute / 60
        length = 7.0 + 2 * scene.stroke_m * 0.5 * (1 - np.cos(2 * np.pi * turns))
    else:
        length = 7.0 + 2 * _walked_m(scene, t_s)
    return 0.35 * _phasors(length[:, None], f_hz)


def _walked_m(scene: Scene, t_s: _Reals) -> _Reals:
    """Distance from the start: rest, walk up and down a line of 3 m with a gait of 1.8 Hz, rest."""
    cycle, within = np.divmod(t_s, 2 * scene.rest_s)
    walking_s = cycle * scene.rest_s + np.maximum(0.0, within - scene.rest_s)
    path = scene.speed_m_per_s * walking_s + 0.04 * np.sin(2 * np.pi * 1.8 * walking_s)
    return np.asarray(3.0 - np.abs(path % 6.0 - 3.0))


def _gain_db(scene: Scene, rng: Generator, n: int, before: float) -> tuple[_Reals, float]:
    """Gain control moves in steps of 3 dB, within 12 dB of where it began."""
    step = rng.random(n) < scene.gain_steps_per_minute / 60 / scene.rate_hz
    moves = np.cumsum(np.where(step, rng.choice([-3.0, 3.0], n), 0.0)) + before
    return np.clip(moves, -12.0, 12.0), float(np.clip(moves[-1], -12.0, 12.0))


def _measured(
    scene: Scene, rng: Generator, channel: NDArray[np.complex128], gain_db: _Reals, tones: I16
) -> C64:
    """Add noise, the receiver's phase offset and timing slope, gain; round to whole counts."""
    n, s = channel.shape
    sigma = 10 ** (-scene.snr_db / 20) / np.sqrt(2)
    noise = sigma * (rng.standard_normal((n, s)) + 1j * rng.standard_normal((n, s)))
    offset = rng.uniform(-np.pi, np.pi, (n, 1))
    slope = rng.normal(0.02, 0.004, (n, 1))
    turned = (channel + noise) * np.exp(1j * (offset + slope * tones))
    counts = turned * (_SCALE * 10 ** (gain_db / 20))[:, None]
    limited = np.clip(counts.view(np.float64).round(), -_LARGEST, _LARGEST)
    return np.asarray(limited.view(np.complex128), dtype=np.complex64)
