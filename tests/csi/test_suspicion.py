"""Made-up frames are told from measured ones, and only where that is possible."""

import dataclasses

import numpy as np
import pytest

from airsonde.csi.batches import take
from airsonde.csi.model import Family, FrameBatch, Lane, Ppdu
from airsonde.csi.suspicion import Suspicion
from airsonde.csi.tones import data_mask, grid

DC = "synthetic: dc bin never empty"
CONSTANT = "synthetic: mean amplitude constant"
CLIPPED = "synthetic: rssi clipped at -30 dBm"


def lane(family=Family.ESP32, training="l-ltf"):
    return Lane(
        number=0,
        source="x",
        family=family,
        training=training,
        subcarriers=grid(64),
        valid=data_mask(64, Ppdu.NON_HT, 20),
    )


def scattered(n, seed):
    """Numbers in 0..1 without visible order."""
    return np.modf(np.abs(np.sin(12.9898 * np.arange(1, n + 1) + seed) * 43758.5453))[0]


def measured(n=300, seed=0):
    """Frames with empty DC and guard, and a level that wanders."""
    level, turn, slope = (scattered(n, seed + i)[:, None] for i in range(3))
    shape = (5 + 25 * level) * np.exp(2j * np.pi * turn)
    csi = np.rint(shape * np.exp(1j * np.arange(64) * 0.2 * slope)) * data_mask(64, Ppdu.NON_HT, 20)
    return csi.astype(np.complex64)


def signs(csi, rssi=None, **about):
    n = len(csi)
    batch = FrameBatch(
        lane=lane(**about),
        index=np.arange(n),
        t_ns=np.arange(n),
        csi=csi[:, None, None, :],
        rssi_dbm=None if rssi is None else np.asarray(rssi, dtype=np.float32),
    )
    at_once, in_parts = Suspicion(), Suspicion()
    at_once.add(batch)
    for first in range(0, n, 37):
        in_parts.add(take(batch, slice(first, first + 37)))
    assert at_once.signs() == in_parts.signs()
    return at_once.signs()


def noisy_dc(csi):
    real, imaginary = (scattered(len(csi), 7 + i) for i in range(2))
    csi[:, 32] = np.rint(1 + 2 * real) * np.sign(imaginary - 0.5) + 1j * np.rint(6 * imaginary - 3)
    return csi


def test_measured_frames_are_not_suspected():
    assert signs(measured(), rssi=np.linspace(-60, -30, 300)) == ()


def test_noise_at_dc_is_suspected():
    assert signs(noisy_dc(measured())) == (DC,)


def test_dc_filled_from_its_neighbours_is_not():
    csi = measured()
    csi[:, 32] = (csi[:, 31] + csi[:, 33]) / 2
    assert signs(csi) == ()


def test_clipped_rssi_counts_only_beside_another_sign():
    rssi = np.where(np.arange(300) % 3 == 0, -30, -45 + np.arange(300) % 9)
    assert signs(noisy_dc(measured()), rssi=rssi) == (DC, CLIPPED)
    assert signs(measured(), rssi=rssi) == ()


def test_a_constant_mean_amplitude_is_suspected():
    csi = measured()
    level = np.abs(csi).mean(axis=1, keepdims=True)
    assert signs((csi / level * 20).astype(np.complex64)) == (CONSTANT,)


@pytest.mark.parametrize(
    "about",
    [{"family": Family.NEXMON}, {"training": "l-ltf+ht-ltf+stbc-ht-ltf"}, {"training": None}],
)
def test_lanes_whose_dc_may_be_filled_are_not_asked(about):
    assert signs(noisy_dc(measured()), **about) == ()


def test_few_frames_prove_nothing():
    assert signs(noisy_dc(measured(99))) == ()


def test_a_stale_dc_proves_nothing():
    stale = dataclasses.replace(lane(), valid=lane().valid & (grid(64) != 1))
    csi = noisy_dc(measured())
    batch = FrameBatch(
        lane=stale, index=np.arange(300), t_ns=np.arange(300), csi=csi[:, None, None, :]
    )
    suspicion = Suspicion()
    suspicion.add(batch)
    assert suspicion.signs() == ()
