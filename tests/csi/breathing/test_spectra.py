import numpy as np
import pytest

from airsonde.csi.breathing.evidence import evidence
from airsonde.csi.breathing.spectra import RATES_BPM, spectra
from airsonde.csi.breathing.streams import Streams
from airsonde.csi.breathing.stretch import StretchLimits, quiet_segments

T_S = np.arange(300) / 5


def wave(bpm, phase=0.4):
    return np.sin(2 * np.pi * bpm / 60 * T_S + phase)


def of(*columns):
    rows = np.stack(columns, axis=1).astype(np.float32)
    return Streams(rows=rows, party=np.arange(rows.shape[1]), chains=0)


@pytest.mark.parametrize("bpm", [3.0, 4.3, 6.0, 11.7, 20.2, 36.0])
@pytest.mark.parametrize("drift", [0.0, 3.0])
def test_a_sinusoid_explains_all_beside_any_drift(bpm, drift):
    place = T_S / 60
    rows = of(wave(bpm) + drift * (1 + 4 * place - 6 * place**2)).rows
    share = spectra(rows, [slice(0, 300)]).share[:, 0]
    assert RATES_BPM[share.argmax()] == pytest.approx(bpm, abs=0.3)
    assert share.max() > 0.85


def test_noise_is_explained_by_no_rate():
    noise = np.random.default_rng(0).normal(size=(300, 40)).astype(np.float32)
    seen = spectra(noise, [slice(0, 300)])
    assert np.median(seen.share.max(axis=0)) < 0.2
    assert np.median(seen.moving / seen.noise) == pytest.approx(1, abs=0.2)


def test_segments_need_not_join_in_phase():
    rows = of(np.where(T_S < 30, wave(12), wave(12, phase=3.0))).rows
    share = spectra(rows, [slice(0, 150), slice(150, 300)]).share[:, 0]
    assert RATES_BPM[share.argmax()] == pytest.approx(12, abs=0.3)
    assert share.max() > 0.85


def test_the_one_stream_that_breathes_decides():
    noise = np.random.default_rng(1).normal(size=(60, 300))
    found = evidence(of(wave(14.2) + 0.3 * noise[0], *noise[1:]), [slice(0, 300)])
    assert found.rate_bpm == pytest.approx(14.2, abs=0.1)
    assert found.contrast > 5
    assert found.lasting > 0.9


def test_streams_that_contradict_one_another_agree_in_nothing():
    found = evidence(of(wave(9), wave(13), wave(18), wave(25)), [slice(0, 300)])
    assert found.agreement < 0.5
    assert found.contrast < 2


def test_a_breath_that_stops_does_not_last():
    stops = np.where(T_S < 20, wave(15), 0) + 0.3 * np.random.default_rng(2).normal(size=300)
    found = evidence(of(stops), [slice(0, 300)])
    assert found.lasting < 0.6


def test_a_burst_and_a_hole_divide_a_stretch():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(300, 8)).astype(np.float32)
    rows[150:155] *= 30
    real = np.ones(300, bool)
    real[80:95] = False
    segments = quiet_segments(rows, real, StretchLimits())
    assert segments[0].start == 0
    assert all(s.stop <= 80 or s.start >= 95 for s in segments)
    assert all(s.stop < 151 or s.start > 154 for s in segments)
    assert quiet_segments(rows, np.zeros(300, bool), StretchLimits()) == []
