"""Feature states from windows: every flag and mode comes from something; streams are bounded."""

import pytest

from airsonde.mesh.drift import Trend
from airsonde.mesh.feature_state import encode_feature_state
from airsonde.mesh.features import BaselineWindow, FeatureBuilder, MotionWindow, VitalWindow
from airsonde.mesh.model import CaptureProfile, Drift, NodeState, QualityFlag
from airsonde.mesh.streams import FeatureStream, RawStream
from tests.mesh.golden import STATE

SECOND = 1_000_000_000
STILL = MotionWindow(motion=0.01, presence=0.8, coherence=0.9)
MOVING = MotionWindow(motion=0.5, presence=1.0, coherence=0.9)
BREATH = VitalWindow(respiration_bpm=14.5, respiration_conf=0.9)
CALM = BaselineWindow(env_shift=0.05, anomaly=0.1)


def build(motion=STILL, vital=None, baseline=CALM, state=NodeState.SENSE_IDLE, trend=None):
    return FeatureBuilder(7).build(0, motion, vital, baseline, state=state, trend=trend)


@pytest.mark.parametrize(
    ("mode", "windows"),
    [
        (CaptureProfile.FAST_MOTION, {"motion": MOVING, "vital": BREATH}),
        (CaptureProfile.RESP_HIGH_SENS, {"vital": BREATH}),
        (CaptureProfile.PASSIVE_LOW_RATE, {}),
        (CaptureProfile.CALIBRATION, {"motion": MOVING, "state": NodeState.CALIBRATION}),
    ],
)
def test_the_mode_is_the_window_that_dominates(mode, windows):
    assert build(**windows).mode == mode


@pytest.mark.parametrize(
    ("flag", "windows"),
    [
        (QualityFlag.RESPIRATION_VALID, {"vital": BREATH}),
        (
            QualityFlag.HEARTBEAT_VALID,
            {"vital": VitalWindow(respiration_bpm=None, respiration_conf=0.0,
                                  heartbeat_bpm=66.0, heartbeat_conf=0.6)},
        ),
        (QualityFlag.ANOMALY_TRIGGERED, {"baseline": BaselineWindow(env_shift=0, anomaly=0.7)}),
        (QualityFlag.ENV_SHIFT, {"baseline": BaselineWindow(env_shift=0.4, anomaly=0)}),
        (QualityFlag.DEGRADED, {"state": NodeState.DEGRADED}),
        (QualityFlag.CALIBRATING, {"state": NodeState.CALIBRATION}),
        (
            QualityFlag.RECOMMEND_RECALIBRATION,
            {"trend": Trend(drift=Drift.LINEAR, change=0.4)},
        ),
    ],
)  # fmt: skip
def test_each_flag_is_set_by_its_cause_alone(flag, windows):
    assert build().quality_flags == QualityFlag.PRESENCE_VALID
    assert build(**windows).quality_flags == QualityFlag.PRESENCE_VALID | flag


def test_what_is_not_known_is_not_valid():
    blind = build(MotionWindow(motion=0.0, presence=None, coherence=0.0), None, None)
    assert blind.quality_flags == 0
    assert blind[4:] == (0.0,) * 9 + (0,)
    doubtful = VitalWindow(respiration_bpm=14.0, respiration_conf=0.4)
    assert not build(vital=doubtful).quality_flags & QualityFlag.RESPIRATION_VALID
    absurd = VitalWindow(respiration_bpm=90.0, respiration_conf=1.0)
    assert not build(vital=absurd).quality_flags & QualityFlag.RESPIRATION_VALID


def test_states_are_numbered_and_always_fit_their_packet():
    builder = FeatureBuilder(7, _seq=0xFFFF)
    wild = MotionWindow(motion=float("inf"), presence=float("nan"), coherence=-3.0)
    states = [builder.build(1, wild, BREATH, CALM, state=NodeState.SENSE_IDLE) for _ in range(2)]
    assert [s.seq for s in states] == [0xFFFF, 0]
    assert (states[0].motion_score, states[0].presence_score, states[0].node_coherence) == (1, 0, 0)
    assert len(encode_feature_state(states[0])) == 60


def test_delta_only_sends_changes_and_a_sign_of_life():
    stream = FeatureStream(delta_only=True)
    sent = [stream.admits(STATE._replace(seq=i), i * SECOND // 5) for i in range(20)]
    assert sum(sent) == 4
    moved = STATE._replace(motion_score=0.4)
    assert stream.admits(moved, 4 * SECOND)
    assert not stream.admits(moved, 4 * SECOND + 1)
    assert stream.admits(moved._replace(quality_flags=0x21), 4 * SECOND + 2)


def test_without_delta_only_everything_is_sent():
    stream = FeatureStream()
    sent = [len(encode_feature_state(STATE)) for i in range(50) if stream.admits(STATE, i)]
    assert sum(sent) / 10 == 300  # 10 s at 5 Hz: bytes a second


def test_raw_csi_is_off_budgeted_and_ends_by_itself():
    raw = RawStream(bytes_per_s=10_000)
    assert not raw.admits(100, 0)
    raw.grant(10 * SECOND, 0)
    left = [1000 for i in range(1000) if raw.admits(1000, i * SECOND // 50)]
    assert 100_000 <= sum(left) <= 110_000
    assert not raw.is_open(10 * SECOND)
    raw.grant(20 * SECOND, 11 * SECOND)
    raw.grant(None, 12 * SECOND)
    assert not raw.admits(1, 12 * SECOND)
