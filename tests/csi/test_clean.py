"""What is not the channel's is taken out, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import ConfigError
from airsonde.csi.clean import (
    Ewma,
    hampel,
    moving_average,
    relative_amplitude,
    signal_tones,
    unwrapped,
    without_baseline,
    without_dc,
)
from airsonde.csi.model import Family, FrameBatch, Lane, Ppdu
from airsonde.csi.tones import data_mask, grid

RNG = np.random.default_rng(4)
LANE = Lane(
    number=0,
    source="s",
    family=Family.SIM,
    ppdu=Ppdu.HT,
    width_mhz=20,
    n_rx=2,
    n_tx=2,
    subcarriers=grid(64),
    valid=data_mask(64, Ppdu.HT, 20),
)


def frames(csi, lane=LANE):
    n = len(csi)
    return FrameBatch(lane=lane, index=np.arange(n), t_ns=np.arange(n), csi=csi)


def measured(n=10):
    parts = RNG.normal(size=(2, n, 2, 2, 64))
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


def test_nulls_are_left_out_and_pilots_where_wanted():
    assert len(signal_tones(LANE)) == 4 * 56
    assert len(signal_tones(LANE, pilots=False)) == 4 * 52
    assert 32 not in signal_tones(LANE)


def test_each_receive_antenna_has_a_root_mean_square_of_one():
    rows = relative_amplitude(frames(measured()), signal_tones(LANE))
    power = np.square(rows.reshape(10, 2, -1)).mean(axis=2)
    np.testing.assert_allclose(power, 1, rtol=1e-5)


def test_gain_of_one_antenna_in_one_frame_leaves_no_trace():
    csi = measured()
    loud = csi.copy()
    loud[3, 1] *= 20
    tones = signal_tones(LANE)
    one, two = relative_amplitude(frames(csi), tones), relative_amplitude(frames(loud), tones)
    np.testing.assert_allclose(one, two, rtol=1e-5)


def test_a_deaf_antenna_is_silent_and_its_neighbour_is_not():
    csi = measured()
    csi[:, 0] = 0
    rows = relative_amplitude(frames(csi), signal_tones(LANE)).reshape(10, 2, -1)
    assert not rows[:, 0].any()
    assert rows[:, 1].all()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_what_cannot_be_measured_is_silent(value):
    csi = measured()
    csi[0, 0, 0, 20] = value
    rows = relative_amplitude(frames(csi), signal_tones(LANE))
    assert np.isfinite(rows).all()


def test_one_frame_gives_the_same_bits_as_many():
    csi, tones = measured(), signal_tones(LANE)
    whole = relative_amplitude(frames(csi), tones)
    single = np.concatenate([relative_amplitude(frames(csi[i : i + 1]), tones) for i in range(10)])
    assert whole.tobytes() == single.tobytes()


def test_dc_is_the_mean_over_tones():
    rows = RNG.normal(3, 1, (5, 20)).astype(np.float32)
    np.testing.assert_allclose(without_dc(rows).mean(axis=1), 0, atol=1e-6)


def test_phase_is_unwrapped_along_the_tones():
    slope = np.arange(64, dtype=np.float32) * 0.9
    wrapped = np.angle(np.exp(1j * slope)).astype(np.float32)
    np.testing.assert_allclose(unwrapped(wrapped[None])[0], slope, atol=1e-4)


def test_hampel_takes_the_spike_and_leaves_the_ramp():
    rows = np.linspace(0, 1, 40, dtype=np.float32)[:, None].repeat(3, axis=1)
    spoilt = rows.copy()
    spoilt[17, 1] = 9
    cleaned = hampel(spoilt)
    assert abs(cleaned[17, 1] - rows[17, 1]) < 0.1
    np.testing.assert_array_equal(np.delete(cleaned, 17, 0), np.delete(rows, 17, 0))


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_moving_average_is_the_mean_of_neighbours(size):
    rows = RNG.normal(size=(30, 2)).astype(np.float32)
    half = size // 2
    expected = [rows[max(0, i - half) : i + half + 1].mean(axis=0) for i in range(30)]
    np.testing.assert_allclose(moving_average(rows, size), expected, rtol=1e-5, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.01, 1.0), st.integers(0, 20))
def test_ewma_does_not_show_the_cut(alpha, cut):
    rows = RNG.normal(size=(20, 3)).astype(np.float32)
    whole = Ewma(alpha).push(rows)
    parts = Ewma(alpha)
    cut_up = np.concatenate([parts.push(rows[:cut]), parts.push(rows[cut:])])
    np.testing.assert_array_equal(whole, cut_up)
    np.testing.assert_array_equal(whole[0], rows[0])


def test_a_baseline_is_of_the_same_domain():
    lane = replace(LANE, n_rx=1, n_tx=1)
    rows = relative_amplitude(frames(measured()[:, :1, :1], lane), signal_tones(lane))
    learnt = rows.mean(axis=0)
    np.testing.assert_allclose(without_baseline(rows, learnt).mean(axis=0), 0, atol=1e-6)
    with pytest.raises(ConfigError, match="calibrate anew"):
        without_baseline(rows, learnt[:10])
