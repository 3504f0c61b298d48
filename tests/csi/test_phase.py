"""`atan2f` against the C library where that is the fdlibm one, and against known angles."""

import ctypes
import platform

import numpy as np
import pytest

from airsonde.csi.phase import atan2f, phase

KNOWN = [  # y, x, angle in float32
    (4.0, 3.0, 0.9272952),
    (2.0, 0.0, 1.5707964),
    (0.0, -1.0, 3.1415927),
    (-0.0, -1.0, -3.1415927),
    (-10.0, 10.0, -0.7853982),
    (0.5, 2.5, 0.19739556),
    (-3.0, -4.0, -2.4980917),
]


def _c_atan2f():
    libc, version = platform.libc_ver()
    if libc != "glibc" or tuple(map(int, version.split("."))) >= (2, 41):
        pytest.skip("this C library rounds atan2f another way")
    function = ctypes.CDLL("libm.so.6").atan2f
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float] * 2
    return function


def _pairs(kind):
    rng = np.random.default_rng(7)
    n = 20_000
    if kind == "int8":
        return rng.integers(-128, 128, (2, n)).astype(np.float32)
    if kind == "int16":
        return rng.integers(-32768, 32768, (2, n)).astype(np.float32)
    if kind == "any bits":
        return rng.integers(0, 2**32, (2, n), dtype=np.uint32).view(np.float32)
    special = np.array([0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 1e-45, 3e38], np.float32)
    return np.stack([g.ravel() for g in np.meshgrid(special, special)])


@pytest.mark.parametrize("kind", ["int8", "int16", "any bits", "special"])
def test_equals_the_c_library_bit_for_bit(kind):
    y, x = _pairs(kind)
    c = _c_atan2f()
    expected = np.array([c(a, b) for a, b in zip(y.tolist(), x.tolist(), strict=True)], np.float32)
    got = atan2f(y, x)
    same = (got.view(np.int32) == expected.view(np.int32)) | (np.isnan(got) & np.isnan(expected))
    assert same.all()


@pytest.mark.parametrize(("y", "x", "angle"), KNOWN)
def test_known_angles(y, x, angle):
    got = atan2f(np.array([y], np.float32), np.array([x], np.float32))
    assert got[0] == np.float32(angle)


def test_shape_is_kept():
    csi = np.array([[1 + 1j, -1j], [0, 2]], np.complex64)
    assert phase(csi).shape == (2, 2)
    assert phase(csi)[1, 1] == 0
