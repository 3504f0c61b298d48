"""Features do not see gain, single bad frames or where the stream was cut; they do see motion."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.batches import concatenate, take
from airsonde.csi.features import (
    MotionScore,
    Spectrogram,
    motion_score,
    normalised_amplitude,
    residual_phase,
    variation,
)
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.scene import Motion, Scene


def simulated(motion=Motion.WALKER, seconds=14.0, **scene):
    capture = SimulatedCapture(
        Scene(motion=motion, **scene), seconds=seconds, chip="simulated-20mhz"
    )
    return concatenate([b for block in capture.blocks() for b in block])


WALKER = simulated()
AMPLITUDE = normalised_amplitude(WALKER)


def test_amplitude_has_unit_power_per_antenna_on_valid_tones():
    valid = WALKER.lane.valid
    power = (AMPLITUDE[..., valid] ** 2).mean(axis=-1)
    assert np.allclose(power, 1, rtol=1e-5)
    assert np.isnan(AMPLITUDE[..., ~valid]).all()


def test_a_frame_without_power_is_unknown_and_not_infinite():
    dead = replace(WALKER, csi=np.zeros_like(WALKER.csi))
    assert np.isnan(normalised_amplitude(dead)).all()


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 3), st.floats(0, 7))
def test_gain_leaves_no_trace(decades, phase):
    gains = 10 ** (decades * np.sin(phase + 37.0 * np.arange(len(WALKER))))
    louder = replace(WALKER, csi=(WALKER.csi * gains[:, None, None, None]).astype(np.complex64))
    _, expected = motion_score(WALKER.t_ns, AMPLITUDE)
    _, scores = motion_score(WALKER.t_ns, normalised_amplitude(louder))
    assert np.allclose(scores, expected, rtol=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, len(WALKER) - 1), max_size=12, unique=True).map(sorted))
def test_the_cut_of_the_stream_leaves_no_trace(cuts):
    for make in (MotionScore, Spectrogram):
        whole_t, whole = make().push(WALKER.t_ns, AMPLITUDE)
        feature = make()
        parts = [
            feature.push(t, a)
            for t, a in zip(np.split(WALKER.t_ns, cuts), np.split(AMPLITUDE, cuts), strict=True)
        ]
        rows = [p for _, p in parts if len(p)]
        assert np.array_equal(np.concatenate([t for t, _ in parts]), whole_t)
        assert np.array_equal(np.concatenate(rows), whole)


def test_motion_stands_out_while_the_walker_walks():
    ends, scores = motion_score(WALKER.t_ns, AMPLITUDE)
    s = ends / 1e9
    resting, walking = scores[s < 5.9], scores[(s > 7.1) & (s < 11.9)]
    assert walking.min() > 3 * resting.max()


def test_motion_is_the_plain_definition():
    ends, scores = motion_score(WALKER.t_ns, AMPLITUDE, window_s=1.5, hop_s=1.0)
    rows = AMPLITUDE[:, 0, 0, WALKER.lane.valid]
    inside = (WALKER.t_ns >= ends[3] - 1_500_000_000) & (WALKER.t_ns < ends[3])
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(rows[inside], 5, axis=0), axis=-1)
    expected = np.median(smooth.std(axis=0) / smooth.mean(axis=0))
    assert scores[3] == pytest.approx(expected, rel=1e-5)
    assert np.array_equal(np.diff(ends), np.full(len(ends) - 1, 1_000_000_000))


def test_one_wild_frame_is_not_motion():
    quiet = simulated(Motion.EMPTY, seconds=3)
    rows = normalised_amplitude(quiet)[:, 0, 0, quiet.lane.valid].copy()
    before = variation(rows)
    rows[150] *= 50
    assert variation(rows) == pytest.approx(before, rel=0.05)


def test_too_few_frames_say_nothing():
    assert np.isnan(variation(np.ones((7, 4), dtype=np.float32)))
    assert np.isnan(variation(np.zeros((20, 4), dtype=np.float32)))


def test_gaps_and_clocks_that_run_backwards_are_survived():
    t_ns = WALKER.t_ns.copy()
    t_ns[500:] += 3_600_000_000_000
    t_ns[900:] -= 7_200_000_000_000
    ends, scores = motion_score(t_ns, AMPLITUDE)
    assert 15 < len(ends) < 40
    assert np.isfinite(scores).sum() > 15


def test_a_straight_phase_has_no_residual():
    tones = WALKER.lane.subcarriers.astype(np.float64)
    line = np.exp(1j * (0.7 + 0.3 * tones))[None, None, None, :].repeat(3, axis=0)
    batch = replace(take(WALKER, slice(0, 3)), csi=line.astype(np.complex64))
    residual = residual_phase(batch)
    assert np.abs(residual[..., batch.lane.valid]).max() < 1e-3
    assert np.isnan(residual[..., ~batch.lane.valid]).all()


def test_the_spectrogram_peaks_where_the_amplitude_swings():
    t_ns = (np.arange(2000) * 10_000_000).astype(np.int64)
    swing = 1 + 0.2 * np.sin(2 * np.pi * 7.0 * t_ns / 1e9)[:, None] * np.ones(12)
    feature = Spectrogram()
    _, power = feature.push(t_ns, swing.astype(np.float32))
    assert feature.hz[-1] == pytest.approx(50)
    assert np.allclose(feature.hz[power.argmax(axis=1)], 7.0, atol=0.5)
