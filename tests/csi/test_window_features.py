"""Numbers of a window: known signals give known values, gain changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from airsonde.csi.window_features import (
    doppler_spectrum,
    motion_energy,
    select_tones,
    window_features,
)
from tests.csi.detectors.build import SECOND, TONES, window

T_NS = np.arange(200) * (SECOND // 100)
RNG = np.random.default_rng(11)


def wave(hz, size=0.1):
    """Two seconds of a sine on every tone."""
    return (1 + size * np.sin(2 * np.pi * hz * T_NS / 1e9))[:, None] * np.ones((1, TONES))


@pytest.mark.parametrize("hz", [1.0, 2.0, 4.0, 20.0])
def test_a_sine_is_where_it_is(hz):
    f_hz, power = doppler_spectrum(T_NS, wave(hz).astype(np.float32))
    assert f_hz[power.argmax()] == pytest.approx(hz, abs=0.5)
    assert power.sum() == pytest.approx(0.1**2 / 2, rel=0.1)


def test_uneven_times_are_evened():
    t_ns = np.sort(RNG.integers(0, 2 * SECOND, 200))
    rows = 1 + 0.1 * np.sin(2 * np.pi * 2 * t_ns / 1e9)[:, None] * np.ones((1, TONES))
    f_hz, power = doppler_spectrum(t_ns, rows.astype(np.float32))
    assert f_hz[power.argmax()] == pytest.approx(2, abs=0.5)


def test_noise_has_little_of_its_energy_where_people_move():
    rows = 1 + RNG.normal(0, 0.05, (100, TONES)).astype(np.float32)
    assert window_features(window(0, rows)).doppler_share < 0.25


def test_movement_has_most_of_it_there():
    rows = 1 + 0.1 * np.sin(np.arange(100)[:, None] * 0.12 + np.arange(TONES) / 3)
    found = window_features(window(0, rows))
    assert found.doppler_share > 0.8
    assert found.doppler_hz == pytest.approx(2, abs=0.7)


def test_the_tone_that_lasts_is_selected():
    rows = 1 + RNG.normal(0, 0.05, (100, TONES))
    rows[:, 7] += 0.1 * np.sin(np.arange(100) / 10)
    assert select_tones(rows.astype(np.float32), 3)[0] == 7
    assert window_features(window(0, rows)).selected[0] == 7


def test_motion_energy_of_a_step():
    rows = np.ones((3, TONES), np.float32)
    rows[2] = 2
    assert motion_energy(rows) == pytest.approx(0.5)


@pytest.mark.parametrize("rows", [np.ones((3, TONES)), np.ones((20, 0))])
def test_too_little_says_nothing(rows):
    found = window_features(window(0, rows))
    assert found.motion_energy is None
    assert found.selected == ()


def test_one_time_for_all_says_nothing():
    made = window(0)
    frames = replace(made.frames, t_ns=np.zeros_like(made.frames.t_ns))
    assert window_features(replace(made, frames=frames)).variation is None
