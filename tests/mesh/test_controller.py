"""The loops of a node: states, grace, dwell, hysteresis, channels, drift, health."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.mesh.decide import Sensed, decide
from airsonde.mesh.drift import DriftConfig, trend
from airsonde.mesh.fast import A1, FastLoop
from airsonde.mesh.medium import MediumLoop
from airsonde.mesh.messages import encode_message
from airsonde.mesh.model import (
    AlertReason,
    CaptureProfile,
    Drift,
    HealthFlag,
    NodeRole,
    NodeState,
    RadioMode,
    radio_mode,
)
from airsonde.mesh.node import Controller
from airsonde.mesh.observation import (
    EnterState,
    NodeObservation,
    ProposeRole,
    RadioHealth,
    Raise,
    Recalibrate,
    Report,
    SetChannel,
    SetDeltaOnly,
    SetProfile,
    SetRawCsi,
    Situation,
    clamp,
)
from airsonde.mesh.slow import SlowLoop
from airsonde.mesh.states import TRANSITIONS, Signal, mermaid, next_state

TICK = 200_000_000
SECOND = 1_000_000_000
RADIO = RadioHealth(open=True, pkt_yield=20, channel=6, bw_mhz=20, rssi_median_dbm=-50)
QUIET = NodeObservation(t_ns=0, radio=RADIO, self_test=True, calibrated=True, clock_error_us=100)


def ticks(step, seconds, start_s=0.0, **changes):
    """Everything a step says over a while in which nothing but time changes."""
    out = []
    for i in range(round(seconds * 5)):
        out += step.step(replace(QUIET, t_ns=int(start_s * SECOND) + i * TICK, **changes))
    return out


def sensing(**config):
    """A fast loop that idles and is past its grace."""
    loop = FastLoop(replace(FastLoop().config, **config), state=NodeState.SENSE_IDLE)
    ticks(loop, 5)
    return loop


def entered(actions):
    return [a.state for a in actions if isinstance(a, EnterState)]


def low(pkt_yield):
    return replace(RADIO, pkt_yield=pkt_yield)


def test_a_node_starts_through_every_state():
    assert entered(ticks(FastLoop(), 3)) == [
        NodeState.SELF_TEST,
        NodeState.RADIO_INIT,
        NodeState.TIME_SYNC,
        NodeState.CALIBRATION,
        NodeState.SENSE_IDLE,
    ]


def test_a_boot_is_no_collapse():
    loop = FastLoop()
    assert NodeState.DEGRADED not in entered(ticks(loop, 3, radio=low(None)))
    assert NodeState.DEGRADED not in entered(ticks(loop, 0.8, 3, radio=low(0)))
    assert entered(ticks(loop, 3, 4, radio=low(0))) == [NodeState.DEGRADED]


def test_what_is_missing_at_the_start_is_waited_for_but_not_forever():
    loop = FastLoop()
    assert entered(ticks(loop, 20, self_test=None)) == [NodeState.SELF_TEST]
    shut = replace(RADIO, open=False)
    assert entered(ticks(loop, 15, 20, radio=shut)) == [NodeState.RADIO_INIT, NodeState.DEGRADED]
    after = entered(ticks(loop, 20, 35, calibrated=False, clock_error_us=None))
    assert after == [NodeState.CALIBRATION, NodeState.SENSE_IDLE]
    assert entered(ticks(FastLoop(), 9, clock_error_us=None))[-1] is NodeState.SENSE_IDLE
    assert entered(ticks(FastLoop(), 9, self_test=False))[-1] is NodeState.DEGRADED


SCORE = st.sampled_from([0.0, 0.04, 0.05, 0.2, 0.5, 0.6, 1.0]) | st.floats(0, 1)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([NodeState(i) for i in (5, 6, 7, 8)]),
    st.lists(st.tuples(st.integers(0, 8), SCORE, SCORE, SCORE, SCORE), max_size=20),
)
def test_with_everything_off_the_loop_is_the_policy(state, rows):
    loop = FastLoop(A1, state=state)
    for i, (pkt_yield, motion, presence, anomaly, coherence) in enumerate(rows):
        scores = {
            "motion": motion, "presence": presence, "anomaly": anomaly, "coherence": coherence
        }  # fmt: skip
        said = decide(A1.policy, state, Sensed(pkt_yield=pkt_yield, **scores))
        actions = loop.step(replace(QUIET, t_ns=i * TICK, radio=low(pkt_yield), **scores))
        assert loop.state is said.new_state
        assert bool(entered(actions)) == said.change_state
        profiles = [a.profile for a in actions if isinstance(a, SetProfile)]
        assert profiles == ([said.new_profile] if said.change_profile else [])
        state = said.new_state


def test_a_state_is_not_left_on_one_good_tick():
    loop = sensing()
    assert entered(ticks(loop, 0.2, 10, motion=0.5)) == [NodeState.SENSE_ACTIVE]
    assert entered(ticks(loop, 1.8, 10.2)) == []
    assert entered(ticks(loop, 1, 12)) == [NodeState.SENSE_IDLE]


def test_a_score_at_its_threshold_does_not_flap():
    loop = sensing()
    seen = []
    for i in range(300):
        seen += entered(ticks(loop, 0.2, 10 + i / 5, motion=0.21 if i % 20 == 0 else 0.17))
    assert seen == [NodeState.SENSE_ACTIVE]


def test_urgent_states_are_entered_at_once():
    loop = sensing()
    assert entered(ticks(loop, 0.2, 10, motion=0.9)) == [NodeState.SENSE_ACTIVE]
    assert entered(ticks(loop, 0.2, 10.2, anomaly=0.9)) == [NodeState.ALERT]
    assert entered(ticks(loop, 0.2, 10.4, radio=low(1))) == [NodeState.DEGRADED]


def test_degraded_opens_the_raw_stream_for_a_while_and_says_why():
    loop = sensing()
    actions = ticks(loop, 0.2, 10, coherence=0.1)
    assert SetRawCsi(70 * SECOND) in actions
    (alert,) = [a.alert for a in actions if isinstance(a, Raise)]
    assert (alert.severity, alert.reason) == (200, AlertReason.COHERENCE_LOSS)
    assert SetRawCsi(None) in ticks(loop, 3, 10.2)


def test_an_alert_carries_its_scores_within_bounds():
    (alert,) = [
        a.alert for a in ticks(sensing(), 0.2, 10, anomaly=40.0, motion=7.0) if isinstance(a, Raise)
    ]
    assert (alert.severity, alert.anomaly_score, alert.motion_score) == (255, 1.0, 1.0)
    assert alert.reason is AlertReason.PHYSICS_VIOLATION


def test_a_profile_does_not_go_stale():
    """The firmware stays in the respiration profile after the sleeper has left."""
    loop = sensing()
    ticks(loop, 1, 10, presence=0.9, motion=0.01)
    assert loop.profile is CaptureProfile.RESP_HIGH_SENS
    ticks(loop, 1, 11)
    assert loop.profile is CaptureProfile.PASSIVE_LOW_RATE


@pytest.mark.parametrize(
    "changes", [{"role": NodeRole.ANCHOR}, {"agreement": 0.1}], ids=["role", "disagreement"]
)
def test_calibration_is_entered_anew(changes):
    loop = sensing()
    actions = ticks(loop, 11, 10, **changes)
    assert entered(actions)[:2] == [NodeState.CALIBRATION, NodeState.SENSE_IDLE]
    assert SetProfile(CaptureProfile.CALIBRATION) in actions


def test_short_disagreement_is_borne():
    assert entered(ticks(sensing(), 9, 10, agreement=0.1)) == []


def test_a_disagreement_that_stays_is_not_calibrated_over_and_over():
    seen = entered(ticks(sensing(), 300, 10, agreement=0.1))
    assert seen.count(NodeState.CALIBRATION) == 1


def test_every_state_is_reached_and_left():
    assert {s for s, _ in TRANSITIONS} == set(NodeState)
    assert set(TRANSITIONS.values()) == set(NodeState) - {NodeState.BOOT}
    assert {signal for _, signal in TRANSITIONS} == set(Signal)
    assert next_state(NodeState.ALERT, Signal.RECALIBRATE) is NodeState.ALERT
    assert "    SENSE_IDLE --> ALERT: anomaly" in mermaid().splitlines()


def test_the_documented_diagram_is_drawn_from_the_table():
    page = (Path(__file__).parents[2] / "docs" / "explain" / "mesh.md").read_text()
    assert f"```mermaid\n{mermaid()}\n```" in page


def situation(t_s, state=NodeState.SENSE_IDLE, profile=CaptureProfile.PASSIVE_LOW_RATE, **changes):
    obs = replace(QUIET, t_ns=int(t_s * SECOND), **changes)
    return Situation(obs=obs, state=state, profile=profile)


def medium(seconds, loop=None, profile=CaptureProfile.PASSIVE_LOW_RATE, **changes):
    loop = loop or MediumLoop()
    return [a for t in range(seconds) for a in loop.step(situation(t, profile=profile, **changes))]


BUSY = {1: 0.1, 6: 0.4, 11: 0.2}


def test_the_least_busy_channel_is_taken_once_it_stays_better():
    radio = replace(RADIO, busy=BUSY)
    assert medium(4, radio=radio) == []
    assert medium(60, radio=radio) == [SetChannel(1, 20)]


def test_a_small_gain_is_no_reason_to_move_a_poor_measurement_is():
    radio = replace(RADIO, busy={1: 0.3, 6: 0.4})
    assert medium(30, radio=radio) == []
    assert medium(30, radio=radio, csi_variance=0.9) == [SetChannel(1, 20)]
    assert medium(30, radio=radio, agreement=0.1) == [SetChannel(1, 20)]
    assert medium(30, radio=replace(radio, rssi_median_dbm=-80)) == [SetChannel(1, 20)]


def test_who_is_pinned_stays():
    radio = replace(RADIO, busy=BUSY)
    assert medium(60, radio=radio, role=NodeRole.ANCHOR) == []
    assert medium(60, radio=radio, profile=CaptureProfile.RESP_HIGH_SENS) == []
    assert medium(60, radio=replace(radio, channel=None)) == []


def test_an_anchor_that_stays_poor_proposes_to_observe():
    poor = {"role": NodeRole.ANCHOR, "clock_error_us": 50_000}
    assert medium(9, **poor) == []
    assert medium(12, **poor) == [ProposeRole(NodeRole.OBSERVER, "clock")]
    weak = replace(RADIO, rssi_median_dbm=-90)
    assert medium(10, role=NodeRole.ANCHOR, radio=weak) == [
        ProposeRole(NodeRole.OBSERVER, "signal")
    ]


NOISE = [0.010, -0.012, 0.004, 0.009, -0.007, -0.002, 0.011, -0.009, 0.003, -0.005]


@pytest.mark.parametrize(
    ("shape", "drift"),
    [
        (lambda _: 0.1, Drift.STABLE),
        (lambda i: 0.02 * i, Drift.LINEAR),
        (lambda i: -0.03 * i, Drift.LINEAR),
        (lambda i: 0.4 if i > 6 else 0.0, Drift.STEP_CHANGE),
        (lambda i: 0.0 if i > 12 else 0.4, Drift.STEP_CHANGE),
    ],
)
def test_drift_is_told_apart(shape, drift):
    values = [shape(i) + NOISE[i % 10] for i in range(20)]
    assert trend(values, DriftConfig()).drift is drift
    assert trend(values[:5], DriftConfig()).drift is Drift.STABLE


def slow(loop, shifts, start_s=0, state=NodeState.SENSE_IDLE):
    return [
        a
        for i, shift in enumerate(shifts)
        for a in loop.step(situation(start_s + 30 * i, state, env_shift=shift))
    ]


def test_a_step_is_calibrated_out_and_forgotten():
    loop = SlowLoop()
    assert slow(loop, [0.0] * 6 + [0.5] * 6)[-1] == Recalibrate("step change")
    assert Recalibrate("step change") not in slow(loop, [0.5] * 20, 500)


def test_a_slow_drift_is_borne_up_to_its_limit():
    assert slow(SlowLoop(), [0.01 * i for i in range(20)]) == []
    assert Recalibrate("linear") in slow(SlowLoop(), [0.02 * i for i in range(20)])


def test_a_calm_room_is_reported_by_difference_until_something_happens():
    loop = SlowLoop()
    assert slow(loop, [0.0] * 12) == [SetDeltaOnly(True)]
    assert slow(loop, [0.0], 361, NodeState.SENSE_ACTIVE) == [SetDeltaOnly(False)]


def test_the_controller_reports_health_every_second():
    actions = ticks(Controller(), 10)
    reports = [a.health for a in actions if isinstance(a, Report)]
    assert len(reports) == 10
    assert reports[-1][2:] == (NodeRole.UNASSIGNED, 6, 20, 0, 20, 100, 0, 0)
    for report in reports:
        encode_message(report, role=NodeRole.OBSERVER, epoch=1)


def test_unknown_health_is_not_invented():
    nothing = RadioHealth(open=True)
    (report,) = [
        a.health
        for a in ticks(Controller(), 0.2, radio=nothing, clock_error_us=None)
        if isinstance(a, Report)
    ]
    assert report.sync_error_us == 0xFFFF
    assert HealthFlag.CLOCK_UNKNOWN in HealthFlag(report.health_flags)


def test_what_the_slow_loop_asks_for_the_fast_loop_does():
    controller = Controller()
    ticks(controller, 5)
    out = []
    for i in range(14):
        out += ticks(controller, 0.4, 30 * (i + 1), env_shift=0.0 if i < 6 else 0.5)
    assert Recalibrate("step change") in out
    assert NodeState.CALIBRATION in entered(out)


@pytest.mark.parametrize(
    ("score", "clamped"), [(-1.0, 0.0), (0.5, 0.5), (42.6, 1.0), (float("nan"), 0.0)]
)
def test_scores_stay_within_bounds(score, clamped):
    assert clamp(score) == clamped


def test_only_profiles_that_transmit_are_active():
    assert [radio_mode(p) for p in CaptureProfile] == [
        RadioMode.PASSIVE_RX,
        RadioMode.ACTIVE_PROBE,
        RadioMode.PASSIVE_RX,
        RadioMode.PASSIVE_RX,
        RadioMode.CALIBRATION,
    ]
