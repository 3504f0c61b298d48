"""The conservative policy against the truth table that the firmware printed."""

import re

import pytest

from airsonde.mesh.decide import DecideConfig, Sensed, decide, f32
from airsonde.mesh.model import NodeState
from tests.recordings import vector

QUIET = {"pkt_yield": 20.0, "motion": 0.0, "presence": 0.0, "anomaly": 0.0, "coherence": 1.0}
ROWS = {
    "yield4 idle": {"pkt_yield": 4},
    "yield4 degraded": {"pkt_yield": 4},
    "yield5 quiet idle": {"pkt_yield": 5},
    "coh .19": {"coherence": 0.19},
    "coh .20": {"coherence": 0.20},
    "anomaly .6 idle": {"anomaly": 0.6},
    "anomaly .6 alert": {"anomaly": 0.6},
    "motion .2 idle": {"motion": 0.2},
    "motion .2 active": {"motion": 0.2},
    "motion .2 agg": {"motion": 0.2},
    "presence .5 motion .04 idle": {"presence": 0.5, "motion": 0.04},
    "presence .5 motion .05 idle": {"presence": 0.5, "motion": 0.05},
    "presence .5 motion .04 from degraded": {"presence": 0.5, "motion": 0.04},
    "quiet from active": {},
    "quiet idle agg": {},
}


def truth_table():
    text = vector("firmware_packets_and_decide.txt").read_text()
    row = re.compile(
        r"^(.*?) +cur=(\d) -> chstate=(\d) new=(\d) chprof=(\d) prof=(\d) chchan=(\d) cal=(\d) "
        r"vital=(\d+)$",
        re.MULTILINE,
    )
    return {m[1]: [int(x) for x in m.groups()[1:]] for m in row.finditer(text)}


def test_the_whole_truth_table():
    table = truth_table()
    assert set(table) == set(ROWS)
    for name, (current, *expected) in table.items():
        config = DecideConfig(aggressive=name.endswith("agg"))
        d = decide(config, NodeState(current), Sensed(**{**QUIET, **ROWS[name]}))
        said = [
            d.change_state,
            d.new_state,
            d.change_profile,
            d.new_profile,
            d.change_channel,
            d.request_calibration,
            d.vital_interval_ms,
        ]
        assert [int(x) for x in said] == expected, name


@pytest.mark.parametrize("name", ["motion", "anomaly"])
def test_thresholds_are_compared_as_float32(name):
    """0.2 and 0.6 are not float32 numbers; the float32 next to them meets them all the same."""
    threshold = {"motion": 0.2, "anomaly": 0.6}[name]
    at = decide(DecideConfig(), NodeState.SENSE_IDLE, Sensed(**{**QUIET, name: f32(threshold)}))
    just = threshold * (1 - 1e-9)
    rounded = decide(DecideConfig(), NodeState.SENSE_IDLE, Sensed(**{**QUIET, name: just}))
    assert at == rounded
    assert at.new_state is not NodeState.SENSE_IDLE


def test_a_yield_of_zero_is_fine_when_the_rule_is_off():
    config = DecideConfig(min_pkt_yield=0)
    decision = decide(config, NodeState.SENSE_IDLE, Sensed(**{**QUIET, "pkt_yield": 0}))
    assert decision.new_state is NodeState.SENSE_IDLE


def test_numbers_beyond_float32_are_compared_as_infinity():
    decision = decide(DecideConfig(), NodeState.SENSE_IDLE, Sensed(**{**QUIET, "motion": 1e300}))
    assert decision.new_state is NodeState.SENSE_ACTIVE
