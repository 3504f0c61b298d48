from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import airsonde
from airsonde.csi.batches import take
from airsonde.csi.breathing.answer import answer
from airsonde.csi.detectors.breathing import BreathingDetector
from airsonde.csi.events import Window
from airsonde.csi.windowing import Windowing
from airsonde.csi.windows import WindowShape
from tests.csi.breathers import breather, drifter, jittered, walker, windows
from tests.csi.detectors.build import motion
from tests.recordings import recording

RADIOS = [(11, 1, 1), (10, 3, 2), (30, 1, 1), (100, 1, 1)]
REASONS = {"moving", "weak", "short", "irregular sampling"}


def read(frames, hop_s=1.0):
    detector = BreathingDetector()
    steps = [detector.step(w) for w in windows(frames, hop_s) if isinstance(w, Window)]
    return [*steps, detector.conclude()] if steps else []


def claims(readings):
    return [r.bpm for r in readings if r.bpm is not None]


def read_recording(name):
    cut, detectors, lanes = Windowing(WindowShape(hop=1.0)), {}, {}
    seen = [
        s for block in airsonde.open(recording(name)).reader().blocks() for s in cut.feed(block)
    ]
    for window in (*seen, *cut.flush()):
        if isinstance(window, Window):
            number = window.lane.number
            detector = detectors.setdefault(number, BreathingDetector())
            lanes.setdefault(number, []).append(detector.step(window))
    return [[*readings, detectors[number].conclude()] for number, readings in lanes.items()]


@pytest.mark.parametrize(("rate_hz", "n_rx", "n_tx"), RADIOS)
def test_a_steady_breather_is_found_by_every_kind_of_radio(rate_hz, n_rx, n_tx):
    rng = np.random.default_rng(rate_hz)
    for bpm in (5.0, 9.5, 14.0, 22.0, 30.0):
        t_s = jittered(rng, 64, rate_hz)
        frames, rate = breather(rng, t_s, bpm, n_rx=n_rx, n_tx=n_tx, wander=0.005, noise=0.01)
        found = answer([read(frames)])
        assert found.bpm == pytest.approx(rate, abs=0.5)
        assert found.interval_bpm[0] <= found.bpm <= found.interval_bpm[1]


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    bpm=st.floats(4, 30),
    strength=st.floats(0.02, 0.4),
    noise=st.floats(0.005, 0.1),
)
def test_a_breather_is_found_to_one_bpm_or_not_claimed(seed, bpm, strength, noise):
    rng = np.random.default_rng(seed)
    t_s = jittered(rng, 61, 11)
    frames, rate = breather(rng, t_s, bpm, strength=strength, noise=noise, wander=0.01)
    found = answer([read(frames)])
    assert found.bpm is None or abs(found.bpm - rate) < 1
    assert (found.bpm is None) == (found.reason in REASONS)


@pytest.mark.parametrize("seed", range(8))
def test_noise_alone_does_not_breathe(seed):
    rng = np.random.default_rng(seed)
    t_s = jittered(rng, 90, 10)
    assert not claims(read(drifter(rng, t_s, n_rx=2, size=0.0)))


@pytest.mark.parametrize("seed", range(8))
def test_a_room_that_drifts_does_not_breathe(seed):
    rng = np.random.default_rng(seed)
    t_s = jittered(rng, 120, 10)
    assert answer([read(drifter(rng, t_s))]).bpm is None


@pytest.mark.parametrize("seed", range(8))
def test_who_walks_is_not_said_to_breathe(seed):
    rng = np.random.default_rng(seed)
    t_s = jittered(rng, 90, (11, 30)[seed % 2])
    readings = read(walker(rng, t_s))
    assert not claims(readings)
    assert readings[-1].reason == "moving"


def test_nothing_is_claimed_while_the_motion_detector_sees_movement():
    rng = np.random.default_rng(1)
    frames, _ = breather(rng, jittered(rng, 64, 20), 15.0)
    detector = BreathingDetector()
    cut = windows(frames)
    quiet = [detector.step(w, motion(w.window_id, moving=False)) for w in cut]
    assert claims(quiet)
    reading = detector.step(cut[-1], motion(cut[-1].window_id, moving=True))
    assert (reading.bpm, reading.confidence, reading.reason) == (None, 0.0, "moving")


def test_the_second_harmonic_is_not_taken_for_the_breath():
    rng = np.random.default_rng(4)
    t_s = jittered(rng, 64, 20, lost=0)
    for share in (0.3, 0.6, 0.9):
        x = np.sin(2 * np.pi * t_s / 5) + share * np.sin(4 * np.pi * t_s / 5 + 1)
        level = 1 + 0.05 * x[:, None] * np.linspace(-1, 1, 52)
        frames, _ = breather(rng, t_s, 12.0, strength=0.0)
        frames = replace(frames, csi=(frames.csi * level[:, None, None]).astype(np.complex64))
        found = answer([read(frames)])
        assert found.bpm == pytest.approx(12, abs=0.5)


def test_readings_do_not_depend_on_the_hop_scale_or_gain():
    rng = np.random.default_rng(7)
    frames, rate = breather(rng, jittered(rng, 64, 20), 15.0)
    plain = read(frames)[-1]
    loud = read(replace(frames, csi=frames.csi * np.complex64(300j)))[-1]
    fine = read(frames, hop_s=0.5)[-1]
    assert plain.bpm == pytest.approx(rate, abs=0.5)
    assert loud.bpm == pytest.approx(plain.bpm, abs=0.05)
    assert fine.bpm == pytest.approx(plain.bpm, abs=0.3)


def test_readings_are_the_same_wherever_the_stream_was_cut():
    rng = np.random.default_rng(8)
    frames, _ = breather(rng, jittered(rng, 40, 20), 15.0)
    whole = read(frames)
    for size in (2, 7, 333):
        cut, detector, readings = Windowing(WindowShape(hop=1.0)), BreathingDetector(), []
        for first in range(0, len(frames), size):
            part = take(frames, slice(first, first + size))
            readings += [detector.step(w) for w in cut.feed([part])]
        readings += [*(detector.step(w) for w in cut.flush()), detector.conclude()]
        assert readings == whole


def test_hostile_times_are_survived():
    rng = np.random.default_rng(9)
    frames, rate = breather(rng, jittered(rng, 40, 10), 15.0)
    for spoil in (
        lambda t: t[::-1].copy(),
        lambda t: np.full_like(t, t[0]),
        rng.permutation,
        lambda t: np.where(np.arange(len(t)) % 50 == 0, t + 10**18, t),
        lambda t: np.where(np.arange(len(t)) % 50 == 0, -(2**62), t),
    ):
        readings = read(replace(frames, t_ns=spoil(frames.t_ns)))
        assert {r.reason for r in readings if r.bpm is None} <= REASONS
        assert all(abs(bpm - rate) < 1 for bpm in claims(readings))


def test_frames_without_signal_are_left_out():
    rng = np.random.default_rng(10)
    frames, rate = breather(rng, jittered(rng, 64, 20), 15.0)
    csi = frames.csi.copy()
    csi[::9], csi[4::9] = 0, np.nan
    detector = BreathingDetector()
    for window in windows(frames):
        rows = window.frames.index
        spoilt = replace(window.frames, csi=csi[rows])
        reading = detector.step(replace(window, frames=spoilt))
    assert reading.bpm == pytest.approx(rate, abs=0.5)
    dead = replace(frames, csi=np.zeros_like(csi))
    assert not claims(read(dead))


def test_too_little_is_said_to_be_too_little():
    rng = np.random.default_rng(11)
    short, _ = breather(rng, jittered(rng, 20, 20), 15.0)
    assert answer([read(short)]).reason == "short"
    t_s = jittered(rng, 64, 20)
    torn, _ = breather(rng, t_s[(t_s % 10) < 4], 15.0)
    assert answer([read(torn)]).reason == "irregular sampling"
    assert answer([]).reason == "short"


def test_memory_is_bounded_with_many_streams():
    rng = np.random.default_rng(12)
    frames, _ = breather(rng, np.arange(0, 70, 0.2), 15.0, n_rx=4, n_tx=4)
    detector = BreathingDetector()
    for window in windows(frames):
        detector.step(window)
    assert detector.held_bytes < 1 << 20


@pytest.mark.parametrize(
    ("name", "bpm"),
    [
        ("breathing/intel5300_gyro/4_19_sn1.dat", 14.5),
        ("breathing/esp32_paced/resp_puertaabierta_6rpm.csv", 6.0),
        ("breathing/atheros_manikin_1mm/BPM3", 3.0),
        ("breathing/atheros_manikin_1mm/BPM12", 12.0),
        ("breathing/atheros_manikin_1mm/BPM21", 21.0),
        ("breathing/atheros_manikin_1mm/BPM30", 30.0),
    ],
)
def test_recorded_rates_are_found(name, bpm):
    found = answer(read_recording(name))
    assert found.bpm == pytest.approx(bpm, abs=0.5)
    assert found.interval_bpm[0] <= bpm <= found.interval_bpm[1]


@pytest.mark.parametrize(
    "name",
    [
        "breathing/intel5300_gyro/4_19_mn1.dat",
        "breathing/intel5300_gyro/move1.dat",
        "breathing/intel5300_gyro/4_14_m2.dat",
        "presence/orang_bergerak.csv",
        "picoscenes/rx_4_251205_HandsUpDown.csi",
    ],
)
def test_recorded_movement_is_no_breath(name):
    lanes = read_recording(name)
    assert not [bpm for lane in lanes for bpm in claims(lane)]
    assert answer(lanes).reason == "moving"


@pytest.mark.parametrize(
    "name",
    [
        "presence/ruangan_kosong.csv",
        "presence/orang_diam.csv",
        "esp32/tabletop/variation_02.csv",
        "mesh/pretrain-1775182186.csi.jsonl",
        "intel5300/los_40.dat",
    ],
)
def test_nothing_is_claimed_of_rooms_whose_breath_nobody_counted(name):
    lanes = read_recording(name)
    counts = Counter(reading.bpm is None for lane in lanes for reading in lane)
    assert counts[True] > 20
    assert answer(lanes).bpm is None
