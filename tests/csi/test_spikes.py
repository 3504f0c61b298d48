import numpy as np
import pytest

from airsonde.csi.spikes import without_spikes


def test_a_wild_value_becomes_the_median_and_its_neighbours_stay():
    rows = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
    spoilt = rows.copy()
    spoilt[50, 1] = 1e6
    clean = without_spikes(spoilt, 4.5)
    assert abs(clean[50, 1]) < 3
    assert np.array_equal(np.delete(clean, 50, 0), np.delete(without_spikes(rows, 4.5), 50, 0))


def test_a_slow_wave_is_left_alone():
    wave = np.sin(np.arange(300) / 8).astype(np.float32)[:, None]
    assert np.abs(without_spikes(wave, 4.5) - wave).max() < 0.05


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_short_series_keep_their_length(count):
    assert without_spikes(np.zeros((count, 2), np.float32), 3.0).shape == (count, 2)
