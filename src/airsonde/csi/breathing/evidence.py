"""What speaks for one rate: how far it stands out, who agrees, and whether it lasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.breathing.spectra import RATES_BPM, STEP_S, Spectra, explained, spectra
from airsonde.csi.breathing.streams import Streams
from airsonde.csi.model import F32

_STEP_BPM: Final = float(RATES_BPM[1] - RATES_BPM[0])
_LOWEST: Final = 2
_HIGHEST: Final = len(RATES_BPM) - 3
_MAIN_LOBE: Final = 1.6
_SAME_RATE: Final = 0.6
_SHORTEST_PART: Final = 60
_FLOOR: Final = 0.02
_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """For the strongest rate of a stretch.

    | field | |
    |---|---|
    | rate_bpm, resolution_bpm | the rate, and 60 / s of the longest segment |
    | share | 0..1, the part of the slow change that the sinusoid explains |
    | contrast | share over the share of the next best rate; twice the rate does not count |
    | agreement | 0..1, weight of the parties whose own best rate is this one |
    | spread_bpm | standard deviation of the rate over parts of the stretch |
    | lasting | 0..1, share at the rate over the best share, in the worst part of the stretch |
    | cycles | breaths in the segments |
    | lower_edge | share below the band over the share at the rate |
    | drift_db | mean share below 15 bpm, beside the rate and its double, over that above 24 bpm |
    | colour_db | density at 0.8 to 1.4 Hz over that at 1.8 to 2.5 Hz, in the streams that show it |
    """

    rate_bpm: float
    resolution_bpm: float
    share: float
    contrast: float
    agreement: float
    spread_bpm: float
    lasting: float
    cycles: float
    lower_edge: float
    colour_db: float
    drift_db: float


def evidence(streams: Streams, segments: Sequence[slice]) -> Evidence:
    """For the streams at an even 5 Hz in segments (≥ 1) of at least a few seconds.

    Streams are weighed by the square of the largest share that a sinusoid explains in them, which
    is maximum-ratio combining; parties by its fourth power, so that those that show nothing say
    nothing.
    """
    seen = spectra(streams.rows, segments)
    weight = np.square(seen.share.max(axis=0))
    parties = _by_party(seen.share, weight, streams.party)
    trust = parties[_LOWEST:].max(axis=0) ** 4
    trust = trust / max(float(trust.sum()), _TINY)
    curve = parties @ trust
    best = _LOWEST + int(np.argmax(curve[_LOWEST:_HIGHEST]))
    lengths = [segment.stop - segment.start for segment in segments]
    resolution = 60 / (max(lengths) * STEP_S)
    rate = _between(curve, best)
    own = RATES_BPM[_LOWEST + parties[_LOWEST:].argmax(axis=0)]
    peak = max(float(curve[best]), _TINY)
    voice = _voices(weight, streams.party, trust)
    standing = [
        _standing(explained(streams.rows[part]) @ voice, rate, part)
        for part in _parts(segments, sum(lengths))
    ]
    return Evidence(
        rate_bpm=rate,
        resolution_bpm=resolution,
        share=float(curve[best]),
        contrast=peak / max(_runner_up(curve, rate, resolution), _FLOOR * peak),
        agreement=float(trust[np.abs(own - rate) <= _SAME_RATE * resolution].sum()),
        spread_bpm=float(np.std([own_rate for _, own_rate in standing])) if standing else 0.0,
        lasting=min((share for share, _ in standing), default=0.0),
        cycles=rate / 60 * sum(lengths) * STEP_S,
        lower_edge=float(curve[:_LOWEST].max()) / peak,
        colour_db=_colour_db(seen, best),
        drift_db=_drift_db(curve, rate, resolution),
    )


def _by_party(share: F32, weight: F32, party: NDArray[np.intp]) -> F32:
    """float32[F, parties]: shares of the streams of a party, averaged by their weights."""
    first = np.flatnonzero(np.diff(party, prepend=-1))
    total = np.add.reduceat(weight, first)
    joined = np.add.reduceat(share * weight, first, axis=1)
    return np.asarray(joined / np.maximum(total, np.float32(_TINY)), dtype=np.float32)


def _voices(weight: F32, party: NDArray[np.intp], trust: F32) -> F32:
    """float32[M]: what every stream has to say in the end, within its party and as a party."""
    total = np.bincount(party, weight)
    return np.asarray(weight * (trust / np.maximum(total, _TINY))[party], dtype=np.float32)


def _between(curve: F32, best: int) -> float:
    """The rate at the top of the parabola through a peak and its neighbours."""
    left, top, right = (float(v) for v in curve[best - 1 : best + 2])
    bend = left - 2 * top + right
    offset = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(RATES_BPM[best]) + _STEP_BPM * min(max(offset, -0.5), 0.5)


def _drift_db(curve: F32, rate: float, resolution: float) -> float:
    beside = np.minimum(np.abs(RATES_BPM - rate), np.abs(RATES_BPM - 2 * rate))
    beside = beside > _MAIN_LOBE * resolution
    slow, fast = beside & (RATES_BPM < 15), beside & (RATES_BPM > 24)
    ratio = _mean(curve[slow]) / max(_mean(curve[fast]), _TINY)
    return 10 * float(np.log10(max(ratio, _TINY)))


def _mean(values: F32) -> float:
    return float(values.mean()) if len(values) else 0.0


def _runner_up(curve: F32, rate: float, resolution: float) -> float:
    """The highest other top of a curve, or its end where it rises to it; 0 without any.

    The flank of the main lobe is no rival, nor is the second harmonic.
    """
    padded = np.concatenate([[-1], curve, [-1]])
    top = (curve >= padded[:-2]) & (curve >= padded[2:])
    top &= np.abs(RATES_BPM - rate) > resolution
    top &= np.abs(RATES_BPM - 2 * rate) > _MAIN_LOBE * resolution
    return float(curve[top].max()) if top.any() else 0.0


def _parts(segments: Sequence[slice], kept: int) -> list[slice]:
    """The segments cut into about three parts together, none shorter than 15 s before cutting."""
    aim = max(kept / 3, 75)
    parts = []
    for segment in segments:
        count = max(1, round((segment.stop - segment.start) / aim))
        edges = np.linspace(segment.start, segment.stop, count + 1).astype(int).tolist()
        parts += [slice(a, b) for a, b in pairwise(edges)]
    return [part for part in parts if part.stop - part.start >= _SHORTEST_PART]


def _standing(curve: F32, rate: float, part: slice) -> tuple[float, float]:
    """Share near the rate over the largest share of one part, and the best rate near it.

    Breathing may drift by 12 %.
    """
    resolution = 60 / ((part.stop - part.start) * STEP_S)
    near = np.flatnonzero(np.abs(RATES_BPM - rate) <= max(0.12 * rate, 0.35 * resolution))
    best = near[int(np.argmax(curve[near]))]
    return float(curve[best]) / max(float(curve[1:].max()), _TINY), float(RATES_BPM[best])


def _colour_db(seen: Spectra, best: int) -> float:
    weight = np.square(seen.share[best])
    ratio = np.maximum(seen.moving, _TINY) / np.maximum(seen.noise, _TINY)
    return float((10 * np.log10(ratio) * weight).sum() / max(float(weight.sum()), _TINY))
