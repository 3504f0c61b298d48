"""The scale-free embedding: its size and length, what leaves it alone, what does not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.csi.embedding import DIMENSIONS, window_embedding
from airsonde.csi.events import Window
from airsonde.csi.features import normalised_amplitude
from airsonde.csi.model import Family, FrameBatch, Lane


def window(csi, t_ns=None):
    """A second with frames complex[W, n_rx, n_tx, S]."""
    count, n_rx, n_tx, size = csi.shape
    lane = Lane(
        number=0,
        source="test",
        family=Family.ESP32,
        n_rx=n_rx,
        n_tx=n_tx,
        subcarriers=np.arange(-(size // 2), size - size // 2, dtype=np.int16),
        valid=np.ones(size, bool),
    )
    if t_ns is None:
        t_ns = np.linspace(0, 10**9, count, endpoint=False).astype(np.int64)
    frames = FrameBatch(lane=lane, index=np.arange(count), t_ns=t_ns, csi=csi.astype(np.complex64))
    amplitude = normalised_amplitude(frames).reshape(count, -1)
    tones = np.flatnonzero(np.isfinite(amplitude).all(axis=0))
    return Window(
        window_id=0,
        start_ns=0,
        end_ns=10**9,
        frames=frames,
        tones=tones,
        amplitude=amplitude[:, tones],
        quality=1.0,
    )


def channel(count=50, size=56, motion=0.0, seed=1, chains=(1, 1)):
    """Two paths and noise; the second path moves twice a second as strongly as `motion`."""
    chance = np.random.default_rng(seed)
    time = np.arange(count)[:, None, None, None] / count
    tone = np.arange(size) / size
    path = 0.6 * np.exp(2j * np.pi * (1.5 * tone + motion * np.sin(4 * np.pi * time)))
    shape = (count, *chains, size)
    noise = chance.normal(size=shape) + 1j * chance.normal(size=shape)
    return 1 + path + 0.01 * noise


@given(
    count=st.integers(1, 40),
    size=st.integers(1, 64),
    n_rx=st.integers(1, 3),
    seed=st.integers(0, 9),
)
def test_every_window_is_96_numbers_of_length_1(count, size, n_rx, seed):
    embedding = window_embedding(window(channel(count, size, 0.1, seed, (n_rx, 1))))
    assert embedding.shape == (DIMENSIONS,)
    assert embedding.dtype == np.float32
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)


def test_gain_timing_and_carrier_offset_leave_no_trace():
    csi = channel(motion=0.1)
    gain = np.exp(np.random.default_rng(2).normal(size=(50, 1, 1, 1)))
    offset = np.exp(1j * np.random.default_rng(3).uniform(-3, 3, (50, 1, 1, 1)))
    late = np.exp(1j * np.random.default_rng(4).uniform(-3, 3, (50, 1, 1, 1)) * np.arange(56) / 56)
    plain, changed = (window_embedding(window(c)) for c in (csi, csi * gain * offset * late))
    assert np.abs(plain - changed).max() < 1e-3


def test_rate_and_number_of_tones_matter_little_and_motion_much():
    plain = window_embedding(window(channel(motion=0.1)))
    slow = window_embedding(window(channel(count=25, motion=0.1)))
    wide = window_embedding(window(channel(size=112, motion=0.1)))
    still = window_embedding(window(channel(motion=0.0)))
    assert plain @ slow > 0.97
    assert plain @ wide > 0.97
    assert plain @ still < min(plain @ slow, plain @ wide) - 0.05


def test_times_that_stand_still_or_bunch_are_no_trouble():
    bunched = np.sort(np.random.default_rng(1).integers(0, 10, 50)) * 10**8
    for t_ns in (np.zeros(50, np.int64), bunched):
        assert np.isfinite(window_embedding(window(channel(motion=0.1), t_ns))).all()


def test_without_tones_there_is_nothing():
    empty = window(channel())
    empty = replace(empty, tones=empty.tones[:0], amplitude=empty.amplitude[:, :0])
    assert not window_embedding(empty).any()


def test_a_constant_channel_is_finite():
    assert np.isfinite(window_embedding(window(np.ones((10, 1, 1, 56))))).all()
