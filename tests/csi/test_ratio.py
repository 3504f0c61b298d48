import numpy as np
import pytest

from airsonde.csi.ratio import antenna_pairs, antenna_products


def frames(seed=0, n=20, n_rx=3):
    rng = np.random.default_rng(seed)
    shape = (n, n_rx, 2, 16)
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)


@pytest.mark.parametrize(("n_rx", "count"), [(1, 0), (2, 1), (3, 3), (4, 3), (8, 3)])
def test_pairs_are_of_two_antennas_and_few(n_rx, count):
    pairs = antenna_pairs(n_rx)
    assert len(pairs) == count
    assert all(0 <= a != b < n_rx for a, b in pairs)


def test_what_is_common_to_the_antennas_cancels():
    csi = frames()
    rng = np.random.default_rng(1)
    own = rng.uniform(0.1, 9, (20, 1, 1, 1)) * np.exp(2j * np.pi * rng.random((20, 1, 1, 1)))
    slope = np.exp(1j * rng.normal(size=(20, 1, 1, 1)) * np.arange(16))
    spoilt = (csi * own * slope).astype(np.complex64)
    assert np.allclose(antenna_products(spoilt), antenna_products(csi), atol=1e-4)


def test_a_dead_antenna_gives_nothing():
    csi = frames()
    csi[:, 1] = 0
    products = antenna_products(csi)
    assert np.isfinite(products).all()
    assert not products[:, 0].any()
    assert products[:, 1].any()


def test_a_single_antenna_has_no_product():
    assert antenna_products(frames(n_rx=1)).shape == (20, 0, 2, 16)
