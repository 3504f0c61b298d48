"""How much of what changes in a window is a channel that changes, and how much is noise.

A body moves neighbouring tones together, and slowly against the rate of the frames or at least at
some frequencies more than at others. Receiver noise is new in every frame: the same at every
frequency, also where neighbouring tones share it.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, I64

_FEWEST: Final = 8
_SPECTRAL: Final = 25  # frames from which the spectrum tells noise from movement
_FREEDOM: Final = 3  # of the curve that is taken off
_MEDIAN_TO_MEAN: Final = 1.25  # of a spectrum of noise that a few tones share
_CLEAR: Final = 2.0  # times the noise: enough to tell which of a few frames are alike
_ALIKE: Final = 0.05  # of the change between successive frames, that alike frames may differ by
_MOST: Final = 0.75  # of the frames must be like another
_ABRUPT: Final = 0.7  # share of all change that one frame or one step may hold


@dataclass(frozen=True, slots=True)
class Change:
    """Variances per tone of relative amplitude: of the channel, and of the noise that is left.

    `separated`: whether there were enough frames to tell noise that neighbours share from both.
    """

    coherent: float
    noise: float
    separated: bool


def change(t_ns: I64, rows: F32, pairs: NDArray[np.bool_], *, part_s: float) -> Change:
    """What changes in rows float32[W, T], W >= 8, at t_ns int64[W], faster than about 1 / part_s.

    `pairs` (bool[T - 1]) tells which tones have their right neighbour beside them. The rows are
    looked at in parts of about `part_s`, each less the parabola in time that fits it best, y:

        coherent = sum over f of C(f) - floor,  C(f) = mean over pairs of Re Y[k](f) Y[k + 1](f)*
        noise = mean of y^2 - coherent

    The floor is 1.25 times the median of C; 0 below 25 frames, where the spectrum of a walker is
    as flat as that of noise.
    """
    seconds = (t_ns - t_ns[0]) / 1e9
    parts = min(round(float(seconds[-1]) / part_s), len(rows) // _FEWEST)
    if parts <= 1:
        return _part(seconds, rows, pairs)
    edges = [len(rows) * part // parts for part in range(parts + 1)]
    found = [_part(seconds[a:b], rows[a:b], pairs) for a, b in pairwise(edges)]
    return Change(
        coherent=sum(part.coherent for part in found) / len(found),
        noise=sum(part.noise for part in found) / len(found),
        separated=all(part.separated for part in found),
    )


def _part(seconds: NDArray[np.float64], rows: F32, pairs: NDArray[np.bool_]) -> Change:
    line = _without_curve(seconds, rows)
    energy = _shared(line, pairs)
    if energy.max() > _ABRUPT * np.abs(energy).sum():
        keep = np.arange(len(rows)) != energy.argmax()
        seconds, rows = seconds[keep], rows[keep]
        line = _without_curve(seconds, rows)
    steps = _shared(np.diff(rows, axis=0), pairs)
    if steps.max() > _ABRUPT * np.abs(steps).sum():
        line = _without_curve(seconds, _without_step(rows, int(steps.argmax())))
    total = float(np.vdot(line, line)) / line.size
    coherent = min(_coherent(line, pairs), total)
    inflated = len(rows) / (len(rows) - _FREEDOM)
    return Change(coherent * inflated, (total - coherent) * inflated, len(rows) >= _SPECTRAL)


def _coherent(line: F32, pairs: NDArray[np.bool_]) -> float:
    """Variance that neighbours share beyond noise, of float32[W, T]."""
    frames = len(line)
    if frames < _SPECTRAL:
        return max(_of_few(line, pairs), 0.0)
    spectrum = np.fft.rfft(line, axis=0)[1 : (frames + 1) // 2].astype(np.complex64)
    crossed = np.add(_shared(spectrum.real, pairs), _shared(spectrum.imag, pairs))
    floor = _MEDIAN_TO_MEAN * max(float(np.sort(crossed)[len(crossed) // 2]), 0.0)
    return max(float((crossed - floor).sum()) * 2 / frames**2, 0.0)


def _of_few(line: F32, pairs: NDArray[np.bool_]) -> float:
    """Shared variance of a few frames; where they alternate between still pictures, within those.

    Of a body in movement no frame is like another but its neighbours in time; of transmitters or
    antennas taken in turn every frame is like some other, and not like its neighbours.
    """
    shared = float(_shared(line, pairs).mean())
    if shared < _CLEAR * (float(np.vdot(line, line)) / line.size - shared):
        return shared
    left, right = line[:, :-1][:, pairs], line[:, 1:][:, pairs]
    products = left @ right.T / left.shape[1]
    own = np.diag(products)
    apart = (own[:, None] + own - products - products.T) / 2
    next_to = float(np.diag(apart, 1).mean())
    np.fill_diagonal(apart, np.inf)
    nearest = float(np.quantile(apart.min(axis=1), _MOST))
    return nearest if nearest < _ALIKE * next_to else shared


def _without_curve(seconds: NDArray[np.float64], rows: F32) -> F32:
    """Rows less the parabola that fits each tone best."""
    line = _unit(seconds - seconds.mean())
    bend = line * line
    bend -= bend.mean()
    bend = _unit(bend - (bend @ line) * line)
    flat = np.full(len(rows), len(rows) ** -0.5)
    fitted = np.array([flat, line, bend], np.float32)
    return np.asarray(rows - fitted.T @ (fitted @ rows), np.float32)


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values / max(math.sqrt(float(values @ values)), 1e-12))


def _without_step(rows: F32, at: int) -> F32:
    """Rows with the frames behind `at` brought to where the frames before it were."""
    level = rows.copy()
    level[at + 1 :] -= rows[at + 1 :].mean(axis=0) - rows[: at + 1].mean(axis=0)
    return level


def _shared(rows: F32, pairs: NDArray[np.bool_]) -> F32:
    """float32[W]: mean product of neighbouring tones in each row."""
    weights = pairs / np.float32(max(int(np.count_nonzero(pairs)), 1))
    return np.asarray((rows[:, :-1] * rows[:, 1:]) @ weights, dtype=np.float32)
