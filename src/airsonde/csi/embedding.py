"""A window as 96 numbers that gain control, rate and number of tones leave alone.

The cosine of two embeddings is the weighted mean of the cosines of their parts. Numbers between
two bounds become a half turn, (cos, sin): near numbers have near directions.
"""

from dataclasses import astuple, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.events import Window
from airsonde.csi.model import F32, Family, Lane, Ppdu

ENCODER: Final = "airsonde-window-1"
DIMENSIONS: Final = 96

F64 = NDArray[np.float64]

_SHAPE_PLACES: Final = 32
_FLATNESS: Final = 0.3
_LAGS: Final = 16
_LAGS_IN_BAND: Final = 24
_CHANGE_PLACES: Final = 16
_INSTANTS: Final = 16
_SPECTRUM_BINS: Final = 6
_LEVELS: Final = (-2.5, -0.3)
_COHERENCES: Final = (0.0, 1.0)
_LIKENESSES: Final = (-0.2, 1.0)
_FAMILIES: Final = tuple(Family)
_PPDUS: Final = (None, *Ppdu)
_FIELDS: Final = ("l-ltf", "ht-ltf")
_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each part counts; fitted on the recordings that docs/explain/memory.md names."""

    layout: float = 4.0
    shape: float = 3.0
    correlation: float = 0.5
    change: float = 0.5
    spectrum: float = 0.2
    level: float = 0.5
    coherence: float = 0.8
    neighbours: float = 0.3
    steadiness: float = 0.8


_ROOTS: Final = tuple(float(np.sqrt(weight)) for weight in astuple(Weights()))


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """The tones of one receive and transmit chain: place in the band (0..1), amplitude, frames."""

    at: F64
    amplitude: F64
    csi: NDArray[np.complex64]


def window_embedding(window: Window) -> F32:
    """float32[96] of length 1; zeros for a window without tones.

    | numbers | part |
    |---|---|
    | 17 | layout: family, PPDU format and training field, one of each; what is comparable |
    | 33 | shape: mean amplitude less 1 at 32 places of the band, and 0.3 |
    | 16 | correlation over frequency |E[H(f) H*(f + d)]|, d up to two thirds of the band |
    | 16 | change: standard deviation along time at 16 places, less its mean |
    | 6 | spectrum: root of the shares of 1..6 Hz in the power of all changes |
    | 2 | level: log10 of the median coefficient of variation |
    | 2 | coherence: share of the strongest principal component in all changes |
    | 2 | neighbours: how alike the changes of neighbouring tones are |
    | 2 | steadiness: how alike neighbouring frames are, 0 for noise |

    Chains are averaged. Amplitudes stand over the RMS of their frame, phases never do.
    """
    if not len(window.tones):
        return np.zeros(DIMENSIONS, np.float32)
    amplitude = window.amplitude.astype(np.float64)
    change = amplitude - amplitude.mean(axis=0)
    chains = _chains(window, amplitude)
    parts = (
        _layout(window.lane),
        np.append(
            _mean([_at(c, c.amplitude.mean(axis=0), _SHAPE_PLACES) - 1 for c in chains])
            / np.sqrt(_SHAPE_PLACES),
            _FLATNESS,
        ),
        _centred(_mean([_correlation(c.csi) for c in chains])),
        _centred(_mean([_at(c, c.amplitude.std(axis=0), _CHANGE_PLACES) for c in chains])),
        _spectrum(window, change),
        _half_turn(_level(amplitude), _LEVELS),
        _half_turn(_coherence(change), _COHERENCES),
        _half_turn(_likeness(change, axis=1), _LIKENESSES),
        _half_turn(_likeness(change, axis=0), _LIKENESSES),
    )
    weighed = [root * _unit(part) for root, part in zip(_ROOTS, parts, strict=True)]
    return _unit(np.concatenate(weighed)).astype(np.float32)


def _chains(window: Window, amplitude: F64) -> list[_Chain]:
    size = len(window.lane.subcarriers)
    chain, tone = np.divmod(window.tones, size)
    places = window.lane.subcarriers[tone].astype(np.float64)
    places = (places - places.min()) / max(float(np.ptp(places)), 1.0)
    csi = window.frames.csi.reshape(len(window.frames), -1)[:, window.tones]
    return [
        _Chain(places[of], amplitude[:, of], csi[:, of])
        for of in (np.flatnonzero(chain == number) for number in np.unique(chain))
    ]


def _layout(lane: Lane) -> F64:
    """float64[17]: three times one of a few."""
    field = lane.training.partition("+")[0] if lane.training else None
    layout = np.zeros(len(_FAMILIES) + len(_PPDUS) + len(_FIELDS) + 1)
    layout[_FAMILIES.index(lane.family)] = 1
    layout[len(_FAMILIES) + _PPDUS.index(lane.ppdu)] = 1
    layout[-1 if field not in _FIELDS else _FIELDS.index(field) - 1 - len(_FIELDS)] = 1
    return layout


def _at(chain: _Chain, values: F64, places: int) -> F64:
    """Values of tones at even places of the band."""
    return np.interp(np.linspace(0, 1, places), chain.at, values)


def _correlation(csi: NDArray[np.complex64]) -> F64:
    """float64[16], 0..1: neither carrier offset nor timing of single frames changes it."""
    tones = csi.shape[1]
    power = np.square(np.abs(csi)).mean(axis=1, dtype=np.float64)
    found = np.zeros(_LAGS)
    for number in range(_LAGS):
        lag = max(1, round((number + 1) * tones / _LAGS_IN_BAND))
        if lag < tones:
            product = np.abs((csi[:, lag:] * csi[:, :-lag].conj()).mean(axis=1))
            found[number] = (product / np.maximum(power, _LEAST)).mean()
    return found


def _spectrum(window: Window, change: F64) -> F64:
    """float64[6]: frames are first brought to 16 instants by their times."""
    span_ns = window.end_ns - window.start_ns
    frame_at = (window.frames.t_ns - window.start_ns) / span_ns * _INSTANTS - 0.5
    before = np.searchsorted(frame_at, np.arange(_INSTANTS), side="right") - 1
    low = before.clip(0, len(frame_at) - 1)
    high = (before + 1).clip(0, len(frame_at) - 1)
    gap = np.maximum(frame_at[high] - frame_at[low], _LEAST)
    part = ((np.arange(_INSTANTS) - frame_at[low]) / gap).clip(0, 1)[:, None]
    even = change[low] * (1 - part) + change[high] * part
    even = (even - even.mean(axis=0)) * np.hanning(_INSTANTS)[:, None]
    power = np.square(np.abs(np.fft.rfft(even, axis=0))).sum(axis=1)[1 : _SPECTRUM_BINS + 1]
    roots: F64 = np.sqrt(power)
    return roots


def _level(amplitude: F64) -> float:
    """log10 of the variation; a running median of five first drops single bad frames."""
    few = len(amplitude) < 8
    steady = (
        amplitude
        if few
        else np.median(np.lib.stride_tricks.sliding_window_view(amplitude, 5, axis=0), axis=-1)
    )
    variation = steady.std(axis=0) / np.maximum(steady.mean(axis=0), _LEAST)
    return float(np.log10(max(float(np.median(variation)), _LEAST)))


def _coherence(change: F64) -> float:
    """Largest eigenvalue over the trace, 0..1."""
    narrow = change if len(change) <= change.shape[1] else change.T
    powers = np.linalg.eigvalsh(narrow @ narrow.T)
    return float(powers[-1] / max(float(powers.sum()), _LEAST))


def _likeness(change: F64, *, axis: int) -> float:
    """Correlation between neighbours, -1..1; 0 where there is one alone."""
    ahead = np.moveaxis(change, axis, 0)
    if len(ahead) < 2:
        return 0.0
    return float((ahead[1:] * ahead[:-1]).sum() / max(float(np.square(change).sum()), _LEAST))


def _half_turn(value: float, bounds: tuple[float, float]) -> F64:
    low, high = bounds
    angle = np.pi * min(max((value - low) / (high - low), 0.0), 1.0)
    return np.array([np.cos(angle), np.sin(angle)])


def _mean(rows: list[F64]) -> F64:
    mean: F64 = np.mean(rows, axis=0)
    return mean


def _centred(values: F64) -> F64:
    centred: F64 = values - values.mean()
    return centred


def _unit(values: F64) -> F64:
    length = float(np.linalg.norm(values))
    return values / length if length > _LEAST else np.zeros_like(values)
