"""The simulator: repeatable, marked as such, and moving only where something moves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import DecodeError
from airsonde.csi.batches import concatenate
from airsonde.csi.model import Family
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.chips import BY_SLUG
from airsonde.radios.sim.decode import datagrams, encode, payloads
from airsonde.radios.sim.scene import Motion, Scene

QUIET = {"gain_steps_per_minute": 0.0}


def frames(scene=None, **kwargs):
    capture = SimulatedCapture(scene, **kwargs)
    return concatenate([b for block in capture.blocks() for b in block]), capture


def spread(scene):
    """Median over tones of the coefficient of variation of the amplitude."""
    batch, _ = frames(scene, seconds=12, chip="simulated-20mhz")
    amplitude = np.abs(batch.csi[:, 0, 0, batch.lane.valid])
    return np.median(amplitude.std(axis=0) / amplitude.mean(axis=0))


@pytest.mark.parametrize("chip", sorted(BY_SLUG))
def test_it_says_that_it_is_simulated_and_accounts_for_its_frames(chip):
    batch, capture = frames(seconds=7, chip=chip)
    assert capture.family is batch.lane.family is Family.SIM
    assert "SIMULATED" in capture.warnings[0]
    assert "simulated" in batch.lane.chip
    assert capture.tally.records == capture.tally.decoded == len(batch) == 700
    assert batch.csi.shape == (700, 1, 1, BY_SLUG[chip].subcarriers)
    assert not batch.csi[..., ~batch.lane.valid].any()
    assert (np.diff(batch.t_ns) > 0).all()
    assert np.diff(batch.t_ns).mean() == pytest.approx(10e6, rel=0.02)


def test_the_same_seed_gives_the_same_frames():
    one, other, another = (frames(seconds=2, seed=s)[0] for s in (5, 5, 6))
    assert np.array_equal(one.csi, other.csi)
    assert not np.array_equal(one.csi, another.csi)


def test_only_motion_moves_the_amplitude():
    empty, breather, walker = (
        spread(Scene(motion=m, **QUIET)) for m in (Motion.EMPTY, Motion.BREATHER, Motion.WALKER)
    )
    assert empty < breather < walker / 2


def test_a_breather_repeats_at_the_rate_that_was_asked_for():
    scene = Scene(motion=Motion.BREATHER, breaths_per_minute=18, jitter=0, **QUIET)
    batch, _ = frames(scene, seconds=40, chip="simulated-20mhz")
    amplitude = np.abs(batch.csi[:, 0, 0, batch.lane.valid])
    power = np.abs(np.fft.rfft(amplitude - amplitude.mean(axis=0), axis=0)) ** 2
    hz = np.fft.rfftfreq(len(amplitude), 0.01)
    assert 60 * hz[power.sum(axis=1).argmax()] == pytest.approx(18, abs=1.5)


def test_gain_control_moves_in_steps_of_three_decibels():
    scene = Scene(motion=Motion.EMPTY, gain_steps_per_minute=120, snr_db=60)
    batch, _ = frames(scene, seconds=10, chip="simulated-20mhz")
    level = 10 * np.log10((np.abs(batch.csi[:, 0, 0, batch.lane.valid]) ** 2).mean(axis=1))
    steps = np.diff(level)
    moved = steps[np.abs(steps) > 1]
    assert len(moved) > 5
    assert np.allclose(np.abs(moved), 3, atol=0.2)


def test_datagrams_carry_the_samples_exactly():
    batch, _ = frames(seconds=1, chip="simulated-20mhz")
    decoder = payloads()
    for i, data in enumerate(encode(batch)):
        frame = decoder.decode(data, int(batch.t_ns[i]))
        assert np.array_equal(frame.csi[0], batch.csi[i])
        assert frame.rssi_dbm[0] == batch.rssi_dbm[i]


def test_a_bad_datagram_in_a_block_costs_itself():
    batch, _ = frames(seconds=0.05, chip="simulated-20mhz")
    good = encode(batch)
    data = [good[0], b"", good[1], b"SIM1", good[2][:-1], good[3]]
    sizes = np.array([len(d) for d in data])
    decoder = datagrams()
    out = decoder.decode_block(
        np.frombuffer(b"".join(data), np.uint8), np.cumsum(sizes) - sizes, sizes, np.arange(6)
    )
    assert [b.t_ns.tolist() for b in out] == [[0, 2, 5]]
    assert out[0].index.tolist() == [0, 2, 5]
    assert decoder.tally.decoded == 3
    assert decoder.tally.skipped.total() == 3
    assert decoder.chip == "simulated-20mhz"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: b"SIM1" + tail))
def test_any_bytes_are_a_frame_or_a_decode_error(data):
    try:
        frames = len(payloads().decode(data, 0))
    except DecodeError:
        frames = 0
    assert frames in {0, 1}
