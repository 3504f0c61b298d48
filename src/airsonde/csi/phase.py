"""Phase of a complex sample as C's `atan2f` gives it, bit for bit, for arrays.

The algorithm and its published constants are those of fdlibm (e_atan2.c, s_atan.c) in their
single-precision form, as C libraries used it until they rounded correctly (glibc 2.41).
Every operation is a float32 operation; their order is part of the result.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import F32, Bools

_CHUNK: Final = 1 << 13
_F = np.float32
_PI: Final = _F(3.1415927410)
_PI_LO: Final = _F(-8.7422776573e-08)
_HALF_PI: Final = _F(1.5707963705)
_QUARTER_PI: Final = _F(0.78539818525)
_TINY: Final = _F(2.0**-29)
_HUGE: Final = _F(2.0**25)

# atan(0.5), atan(1), atan(1.5), atan(inf): high and low parts; 0 where nothing was reduced
_HIGH: Final = np.array(
    [0, 4.6364760399e-01, 7.8539812565e-01, 9.8279368877e-01, 1.5707962513e00], np.float32
)
_LOW: Final = np.array(
    [0, 5.0121582440e-09, 3.7748947079e-08, 3.4473217170e-08, 7.5497894159e-08], np.float32
)
_EDGES: Final = tuple(_F(n) / _F(16) for n in (7, 11, 19, 39))
# Reduction to (a·t + b) / (c·t + d): a, b, c, d by interval
_A: Final = np.array([1, 2, 1, 1, 0], np.float32)
_B: Final = np.array([0, -1, -1, -1.5, -1], np.float32)
_C: Final = np.array([0, 1, 1, 1.5, 1], np.float32)
_D: Final = np.array([1, 2, 1, 1, 0], np.float32)
_ODD: Final = tuple(
    _F(c)
    for c in (
        3.3333334327e-01,
        1.4285714924e-01,
        9.0908870101e-02,
        6.6610731184e-02,
        4.9768779427e-02,
        1.6285819933e-02,
    )
)
_EVEN: Final = tuple(
    _F(c)
    for c in (
        -2.0000000298e-01,
        -1.1111110449e-01,
        -7.6918758452e-02,
        -5.8335702866e-02,
        -3.6531571299e-02,
    )
)


def phase(csi: NDArray[np.complex64]) -> F32:
    """float32 radians in [-pi, pi], same shape: the angle of every sample."""
    return atan2f(np.ascontiguousarray(csi.imag), np.ascontiguousarray(csi.real))


def atan2f(y: F32, x: F32) -> F32:
    """float32 angle of (x, y), element by element; both of one shape."""
    out = np.empty(y.shape, np.float32)
    flat, ys, xs = out.reshape(-1), y.reshape(-1), x.reshape(-1)
    with np.errstate(all="ignore"):
        for start in range(0, len(flat), _CHUNK):
            part = slice(start, start + _CHUNK)
            flat[part] = _atan2f(ys[part], xs[part])
    return out


def _atan2f(y: F32, x: F32) -> F32:
    z = _atan_positive(np.abs(y / x))
    left = np.signbit(x)
    np.copyto(z, _PI - (z - _PI_LO), where=left)
    odd = (x == 0) | np.isinf(y)
    if odd.any():
        z[odd] = _special(np.abs(y[odd]), np.abs(x[odd]), left[odd])
    signed: F32 = np.copysign(z, y)
    return signed


def _special(y: F32, x: F32, left: Bools) -> F32:
    """On the vertical axis, at the origin or at infinity; arguments without their sign."""
    out = np.where(np.isnan(x) | np.isnan(y), _F(np.nan), _HALF_PI)
    at_origin, diagonal = y == 0, np.isinf(x)
    out[at_origin] = np.where(left, _PI, _F(0))[at_origin]
    out[diagonal] = np.where(left, _F(3) * _QUARTER_PI, _QUARTER_PI)[diagonal]
    return out


def _atan_positive(t: F32) -> F32:
    """Arctangent of t ≥ 0 (NaN passes through)."""
    interval = np.zeros(t.shape, np.intp)
    for edge in _EDGES:
        interval += t >= edge
    r = (_A.take(interval) * t + _B.take(interval)) / (_C.take(interval) * t + _D.take(interval))
    z = r * r
    w = z * z
    fitted = r * (z * _horner(w, _ODD) + w * _horner(w, _EVEN))
    out: F32 = _HIGH.take(interval) - ((fitted - _LOW.take(interval)) - r)
    np.copyto(out, t, where=t < _TINY)
    np.copyto(out, _HIGH[4] + _LOW[4], where=t >= _HUGE)
    return out


def _horner(w: F32, coefficients: tuple[np.float32, ...]) -> F32:
    total = w * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        total = w * (c + total)
    return total + coefficients[0]
