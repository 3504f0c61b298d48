"""Arrays say what single messages say."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import DecodeError
from airsonde.mesh.batch import crc_of_rows, decode_feature_states, encode_feature_states
from airsonde.mesh.decide import DecideConfig, Sensed, decide
from airsonde.mesh.decide_batch import SensedArrays, decide_many
from airsonde.mesh.feature_state import FeatureState, decode_feature_state
from airsonde.mesh.model import NodeState
from tests.mesh.golden import FEATURE_STATE, STATE, ZERO_STATE

SCORES = st.sampled_from([0.0, 0.04, 0.05, 0.19, 0.2, 0.5, 0.6, 0.9, 1.0]) | st.floats(
    0, 1, width=32
)


def test_rows_are_what_single_messages_are():
    states = decode_feature_states(FEATURE_STATE + ZERO_STATE)
    assert states.valid.tolist() == [True, True]
    for row, data in zip(states.records, (FEATURE_STATE, ZERO_STATE), strict=True):
        fields = [row[name].item() for name in FeatureState._fields]
        assert FeatureState(*fields) == decode_feature_state(data)
    assert encode_feature_states(states.records) == FEATURE_STATE + ZERO_STATE


def test_every_flipped_bit_is_found():
    rows = np.frombuffer(FEATURE_STATE * 480, dtype=np.uint8).reshape(480, 60).copy()
    for bit in range(480):
        rows[bit, bit // 8] ^= 1 << bit % 8
    assert not decode_feature_states(rows.tobytes()).valid.any()


def test_a_cut_row_is_refused():
    with pytest.raises(DecodeError) as caught:
        decode_feature_states(FEATURE_STATE + FEATURE_STATE[:-1])
    assert caught.value.offset == 60


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 70), st.integers(0, 9000), st.integers(0, 2**32 - 1))
def test_crc_of_any_rows(length, count, seed):
    rows = np.random.default_rng(seed).integers(0, 256, (count, length), dtype=np.uint8)
    crcs = crc_of_rows(rows)
    some = range(0, count, 1 + count // 20)
    assert [int(crcs[i]) for i in some] == [crc32(rows[i].tobytes()) for i in some]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(NodeState), st.integers(0, 9), SCORES, SCORES, SCORES, SCORES),
        max_size=20,
    ),
    st.booleans(),
    st.integers(0, 6),
)
def test_many_nodes_are_decided_like_one(rows, aggressive, min_yield):
    config = DecideConfig(aggressive=aggressive, min_pkt_yield=min_yield)
    columns = list(zip(*rows, strict=True)) or [()] * 6
    scores = [np.array(c, dtype=np.float32) for c in columns[2:]]
    sensed = SensedArrays(
        pkt_yield=np.array(columns[1], dtype=np.uint16),
        motion=scores[0],
        presence=scores[1],
        anomaly=scores[2],
        coherence=scores[3],
    )
    many = decide_many(config, np.array(columns[0], dtype=np.uint8), sensed)
    names = ("pkt_yield", "motion", "presence", "anomaly", "coherence")
    for i, (state, *values) in enumerate(rows):
        one = decide(config, state, Sensed(**dict(zip(names, values, strict=True))))
        assert (many.change_state[i], many.new_state[i]) == (one.change_state, one.new_state)
        assert (many.change_profile[i], many.new_profile[i]) == (
            one.change_profile,
            one.new_profile,
        )
        assert many.vital_interval_ms[i] == one.vital_interval_ms


def test_names_follow_the_wire():
    assert STATE._fields == decode_feature_states(FEATURE_STATE).records.dtype.names[1:-2]
