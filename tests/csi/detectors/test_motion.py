"""Motion is a change that neighbouring tones share and that lasts; noise of any size is not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.captures.capture import open_capture
from airsonde.csi.baseline import MotionBaseline
from airsonde.csi.batches import take
from airsonde.csi.detectors.motion import MotionDetector
from airsonde.csi.events import Window
from airsonde.csi.windowing import Windowing
from airsonde.csi.windows import WindowShape
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.scene import Motion, Scene
from tests.csi.detectors.build import TONES, window
from tests.recordings import recording

RNG = np.random.default_rng
FEW = settings(max_examples=50, deadline=None)


def windows(blocks, length=1.0, hop=0.5):
    windowing = Windowing(WindowShape(length=length, hop=hop))
    seen = [s for block in blocks for s in windowing.feed(block)]
    return [w for w in [*seen, *windowing.flush()] if isinstance(w, Window)]


def readings(found, **kwargs):
    """What is read of each window, one detector a lane."""
    detectors = {}
    return [detectors.setdefault(w.lane.number, MotionDetector(**kwargs)).step(w) for w in found]


def share_moving(found):
    told = [r.moving for r in readings(found) if r.moving is not None]
    return np.mean(told)


def simulated(seed=1, **scene):
    scene = Scene(**{"gain_steps_per_minute": 0.0, **scene})
    capture = SimulatedCapture(scene, seconds=24, chip="simulated-20mhz", seed=seed)
    return windows(capture.blocks())


def noise(seed, level, frames=100, tones=TONES):
    return np.abs(1 + level * RNG(seed).standard_normal((frames, tones)))


def wave(frames=100, hz=2.0, depth=0.1, tones=TONES):
    """A body's echo: a ray whose phase turns over time and over the tones."""
    turns = 2 * np.pi * hz * np.arange(frames)[:, None] / frames
    return 1 + depth * np.cos(turns + 0.2 * np.arange(tones))


@pytest.mark.parametrize("frames", [8, 12, 24, 25, 60, 300])
@pytest.mark.parametrize("level", [0.002, 0.03, 0.3])
def test_noise_hardly_ever_moves(level, frames):
    said = [MotionDetector().step(window(0, noise(seed, level, frames))) for seed in range(150)]
    assert np.mean([reading.moving is True for reading in said]) <= 0.02


@FEW
@given(st.integers(0, 2**32), st.floats(1.5, 8.0), st.floats(0.05, 0.3), st.integers(40, 300))
def test_an_echo_that_turns_moves(seed, hz, depth, frames):
    rows = wave(frames, hz, depth) + 0.02 * RNG(seed).standard_normal((frames, TONES))
    assert MotionDetector().step(window(0, np.abs(rows))).moving is True


@pytest.mark.parametrize("snr_db", [15, 28])
def test_a_simulated_walker_moves_and_stands(snr_db):
    found = simulated(motion=Motion.WALKER, snr_db=snr_db)
    read = readings(found)
    walking = [r.moving for w, r in zip(found, read, strict=True) if 7 < w.start_ns / 1e9 < 11]
    standing = [r.moving for w, r in zip(found, read, strict=True) if w.end_ns / 1e9 < 6]
    assert all(walking)
    assert not any(standing)


@pytest.mark.parametrize("snr_db", [5, 15, 28])
def test_a_simulated_empty_room_is_quiet(snr_db):
    assert share_moving(simulated(motion=Motion.EMPTY, snr_db=snr_db)) == 0


@pytest.mark.parametrize("bpm", [6, 15, 24])
def test_simulated_breath_is_not_motion(bpm):
    assert share_moving(simulated(motion=Motion.BREATHER, breaths_per_minute=bpm)) <= 0.05


def test_gain_control_is_not_motion():
    found = simulated(motion=Motion.EMPTY, gain_steps_per_minute=60.0)
    assert share_moving(found) == 0


@pytest.mark.parametrize("at", [0, 37, 99])
def test_one_bad_frame_is_not_motion(at):
    rows = noise(1, 0.01)
    rows[at] *= np.linspace(0.2, 3.0, TONES)
    assert MotionDetector().step(window(0, rows)).moving is False


@pytest.mark.parametrize("frames", [12, 100])
def test_a_step_of_gain_and_filter_is_not_motion(frames):
    rows = noise(1, 0.01, frames)
    rows[frames // 2 :] *= np.linspace(0.8, 1.2, TONES)
    assert MotionDetector().step(window(0, rows)).moving is False


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.ones((7, TONES)), "too few frames"),
        (np.zeros((50, TONES)), "too few frames"),
        (np.full((50, TONES), np.nan), "too few frames"),
        (np.ones((50, 3)), "too few tones"),
        (np.ones((50, 0)), "too few frames"),
    ],
)
def test_what_cannot_be_told_is_not_said(rows, reason):
    reading = MotionDetector().step(window(0, rows))
    assert (reading.moving, reading.score, reading.reason) == (None, None, reason)


def test_a_burst_is_too_short_to_tell():
    full = window(0, wave())
    burst = replace(full.frames, t_ns=full.frames.t_ns // 10)
    assert MotionDetector().step(replace(full, frames=burst)).reason == "too short"


@pytest.mark.parametrize("length", [0.5, 2.0, 6.0])
def test_windows_of_other_lengths(length):
    capture = SimulatedCapture(Scene(rest_s=6.0), seconds=24, chip="simulated-20mhz")
    found = windows(capture.blocks(), length=length, hop=0.5)
    read = readings(found)
    walking = [r.moving for r in read if 7 < r.t_ns / 1e9 < 12]
    assert np.mean(walking) >= 0.85
    assert not any(r.moving for r in read if r.t_ns / 1e9 < 6)


def test_transmitters_taken_in_turn_are_not_motion():
    pictures = np.stack([wave(4, depth=0.3)[k] for k in range(3)])
    rows = pictures[RNG(4).integers(0, 3, 16)] + 0.01 * RNG(5).standard_normal((16, TONES))
    assert MotionDetector().step(window(0, rows)).moving is False


def test_bad_rows_cost_themselves():
    rows = wave()
    rows[[3, 50]] = np.nan
    rows[70] = 0
    assert MotionDetector().step(window(0, rows)).moving is True


def test_constant_rows_are_quiet():
    reading = MotionDetector().step(window(0, np.ones((50, TONES))))
    assert reading.moving is False
    assert reading.score == pytest.approx(0.0, abs=1e-3)


def test_a_known_quiet_room_moves_the_threshold_within_bounds():
    thresholds = [
        MotionDetector(baseline=MotionBaseline(median=m, spread=0.1)).step(window(0)).threshold
        for m in (0.0, 0.8, 50.0)
    ]
    assert thresholds == pytest.approx([0.7, 1.1, 2.0])


@pytest.mark.parametrize("cut", [7, 400])
def test_the_cut_and_the_scale_leave_no_trace(cut):
    capture = SimulatedCapture(Scene(), seconds=8, chip="simulated-20mhz", seed=3)
    whole = [b for block in capture.blocks() for b in block]
    parts = [
        [replace(p, csi=p.csi * np.float32(64))]
        for b in whole
        for p in (take(b, slice(i, i + cut)) for i in range(0, len(b), cut))
    ]
    assert readings(windows([whole])) == readings(windows(parts))


def test_what_comes_back_like_clockwork_is_not_called_somebody():
    detector = MotionDetector()
    rows = {True: wave(), False: noise(1, 0.01)}
    said = [detector.step(window(n, rows[n % 32 < 8])) for n in range(140)]
    assert [r.moving for r in said[:8]] == [True] * 8
    assert {r.moving for r in said[96:104]} == {None}
    assert said[96].reason == "comes back every 32 s"


QUIET = [
    "motion/espectre/baseline_c3_64sc_20260329_130303.npz",
    "motion/espectre/baseline_esp32_64sc_20260310_232100.npz",
    "motion/espectre/baseline_s3_64sc_20260329_125557.npz",
    "motion/fition_room1/nm_user1_rm1/nm_user1_rm1_1.pcap",
    "breathing/intel5300_gyro/4_19_sn1.dat",
    "breathing/esp32_paced/resp_12rpm.csv",
]
MOVING = [
    "motion/espectre/movement_c3_64sc_20260329_130321.npz",
    "motion/espectre/movement_esp32_64sc_20260310_232137.npz",
    "motion/espectre/movement_s3_64sc_20260329_125616.npz",
    "breathing/intel5300_gyro/4_19_mn1.dat",
]


def recorded(name):
    return windows(open_capture(recording(name)).reader().blocks())


@pytest.mark.parametrize("name", QUIET)
def test_recordings_without_movement(name):
    assert share_moving(recorded(name)) <= 0.1  # somebody sits down in some, at either end


@pytest.mark.parametrize("name", MOVING)
def test_recordings_of_movement(name):
    assert share_moving(recorded(name)) >= 0.95


def test_slow_deep_breath_is_not_motion():
    name = "breathing/esp32_paced/resp_puertaabierta_6rpm.csv"
    assert share_moving(recorded(name)) <= 0.15  # the person turns over once, at 28 s


def test_moving_is_told_from_still_and_empty_at_11_frames_a_second():
    moving = share_moving(recorded("presence/orang_bergerak.csv"))
    still = share_moving(recorded("presence/orang_diam.csv"))
    empty = share_moving(recorded("presence/ruangan_kosong.csv"))
    assert (moving + 1 - (still + empty) / 2) / 2 >= 0.95
