"""Features of frames and of windows that do not depend on scale: gain control leaves no trace."""

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, I64, FrameBatch
from airsonde.csi.spans import Span, Spans

_MEDIAN_TAPS = 5
_FEWEST_FRAMES = 8
_STRONGEST_TONES = 8


def normalised_amplitude(batch: FrameBatch) -> F32:
    """float32[N, n_rx, n_tx, S]: |H| divided by its RMS over valid tones, per receive antenna.

    NaN on tones that are not valid, and throughout antennas that received nothing.
    """
    amplitude = np.abs(batch.csi)
    amplitude[..., ~batch.lane.valid] = np.nan
    power = np.square(amplitude[..., batch.lane.valid]).sum(axis=(2, 3), keepdims=True)
    measured = batch.lane.n_tx * np.count_nonzero(batch.lane.valid)
    rms = np.sqrt(np.where(power > 0, power, np.nan) / max(measured, 1))
    return np.asarray(amplitude / rms, dtype=np.float32)


def residual_phase(batch: FrameBatch) -> F32:
    """float32[N, n_rx, n_tx, S], radians in -pi..pi: phase over the tones less its linear fit.

    The phase is unwrapped over the valid tones (NaN elsewhere); the fit holds the receiver's
    phase offset and timing, which are not the channel's.
    """
    tones = batch.lane.subcarriers[batch.lane.valid].astype(np.float32)
    phase = np.unwrap(np.angle(batch.csi[..., batch.lane.valid]), axis=-1)
    residual = np.full(batch.csi.shape, np.nan, dtype=np.float32)
    if len(tones):
        centred = tones - tones.mean()
        level = phase - phase.mean(axis=-1, keepdims=True)
        slope = (level @ centred) / max(float(centred @ centred), 1e-9)
        straight = level - slope[..., None] * centred
        residual[..., batch.lane.valid] = (straight + np.pi) % (2 * np.pi) - np.pi
    return residual


def variation(rows: F32) -> float:
    """Median over tones of the coefficient of variation along time, of float32[W, T] amplitudes.

    A running median of five frames comes first: single bad frames do not count as motion. NaN
    with fewer than eight frames.
    """
    if len(rows) < _FEWEST_FRAMES:
        return float("nan")
    smooth = median_of_five(rows)
    mean = smooth.mean(axis=0, dtype=np.float64)
    deviation = smooth.std(axis=0, dtype=np.float64)
    seen = mean > 0
    return float(np.median(deviation[seen] / mean[seen])) if seen.any() else float("nan")


def median_of_five(rows: F32) -> F32:
    """Median of each five neighbours along axis 0 (4 rows fewer), by a sorting network."""
    a, b, c, d, e = (rows[i : len(rows) - _MEDIAN_TAPS + 1 + i] for i in range(_MEDIAN_TAPS))
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.asarray(np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e)))


class MotionScore:
    """Variation of the normalised amplitude in windows of a stream."""

    def __init__(self, window_s: float = 1.0, hop_s: float = 0.5) -> None:
        self._windows = Spans(round(window_s * 1e9), round(hop_s * 1e9))

    def push(self, t_ns: I64, amplitude: F32) -> tuple[I64, F32]:
        """Add float32[N, ...] amplitudes; answer int64[K] window ends and float32[K] scores."""
        rows = observed(amplitude)
        scored = [(w.end_ns, variation(w.rows)) for w in self._windows.push(t_ns, rows)]
        ends = np.array([end for end, _ in scored], dtype=np.int64)
        return ends, np.array([score for _, score in scored], dtype=np.float32)


def motion_score(
    t_ns: I64, amplitude: F32, *, window_s: float = 1.0, hop_s: float = 0.5
) -> tuple[I64, F32]:
    """Span ends (int64[K]) and motion scores (float32[K]) of amplitudes float32[N, ...]."""
    return MotionScore(window_s, hop_s).push(t_ns, amplitude)


def observed(amplitude: F32) -> F32:
    """float32[N, T]: antennas and tones side by side, those that are NaN in each frame as 0."""
    return np.nan_to_num(amplitude.reshape(len(amplitude), -1))


class Spectrogram:
    """Power of the amplitude's changes by frequency, from the tones that vary most in a window.

    Frames are brought to an even grid by their times; the grid's rate is the median rate of the
    first window. `hz` (float64[F]) is empty until then.
    """

    def __init__(self, window_s: float = 2.0, hop_s: float = 0.125) -> None:
        self._window_s = window_s
        self._windows = Spans(round(window_s * 1e9), round(hop_s * 1e9))
        self._points = 0
        self.hz: NDArray[np.float64] = np.empty(0)

    def push(self, t_ns: I64, amplitude: F32) -> tuple[I64, F32]:
        """Add float32[N, ...] amplitudes; answer int64[K] window middles, float32[K, F] power."""
        middles, columns = [], []
        for window in self._windows.push(t_ns, observed(amplitude)):
            if len(window.t_ns) >= _FEWEST_FRAMES:
                middles.append((window.start_ns + window.end_ns) // 2)
                columns.append(self._spectrum(window))
        power = np.array(columns, dtype=np.float32).reshape(len(columns), len(self.hz))
        return np.array(middles, dtype=np.int64), power

    def _spectrum(self, window: Span) -> F32:
        if not self._points:
            step_ns = max(float(np.median(np.diff(window.t_ns))), 1e9 * self._window_s / 4096)
            self._points = max(_FEWEST_FRAMES, round(1e9 * self._window_s / step_ns))
            step_s = self._window_s / self._points
            self.hz = np.fft.rfftfreq(self._points, step_s)[1:].astype(np.float64)
        tones = np.argsort(window.rows.std(axis=0))[-_STRONGEST_TONES:]
        at = np.linspace(window.start_ns, window.end_ns, self._points, endpoint=False)
        even = np.stack([np.interp(at, window.t_ns, window.rows[:, i]) for i in tones])
        even = (even - even.mean(axis=1, keepdims=True)) * np.hanning(self._points)
        power = np.abs(np.fft.rfft(even, axis=1)[:, 1:]) ** 2
        return np.asarray(power.mean(axis=0) / self._points, dtype=np.float32)
