"""A room of several nodes is steadier than any of them, and says how sure it is."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.mesh.fusion import Room
from airsonde.mesh.model import QualityFlag
from tests.mesh.golden import STATE

TICK = 200_000_000
SECOND = 1_000_000_000
SCORE = st.floats(0, 1, width=32)


def said(presence, motion=0.0, coherence=1.0, flags=1):
    return STATE._replace(
        presence_score=presence, motion_score=motion, node_coherence=coherence, quality_flags=flags
    )


def run(room, seconds, start_s, nodes):
    """Fuse at 5 Hz; `nodes` maps a name to what it says."""
    out = []
    for i in range(round(seconds * 5)):
        t_ns = int(start_s * SECOND) + i * TICK
        for node, state in nodes.items():
            room.hear(node, state, t_ns, proven=True)
        out.append(room.fuse(t_ns))
    return out


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(SCORE, SCORE, st.floats(0.2, 1)), min_size=3, max_size=3),
       st.integers(0, 2), st.sampled_from(["silent", "degraded", "calibrating", "incoherent"]))  # fmt: skip
def test_losing_one_of_three_for_five_seconds_moves_little(scores, lost, how):
    room = Room()
    nodes = {i: said(*s) for i, s in enumerate(scores)}
    before = run(room, 10, 0, nodes)[-1]
    gone = {
        "silent": None,
        "degraded": said(1.0, 1.0, 1.0, QualityFlag.DEGRADED),
        "calibrating": said(0.0, 1.0, 1.0, QualityFlag.CALIBRATING),
        "incoherent": said(1.0, 1.0, 0.1),
    }[how]
    rest = {i: s for i, s in nodes.items() if i != lost}
    during = run(room, 5, 10, rest if gone is None else {**rest, lost: gone})
    after = run(room, 2, 15, nodes)
    for fused in during + after:
        assert abs(fused.presence - before.presence) <= 0.1
        assert abs(fused.motion - before.motion) <= 0.1
        assert (fused.occupied, fused.moving) == (before.occupied, before.moving)


def test_a_single_node_path_collapses_where_the_room_does_not():
    """What one node alone would say: its score, and nothing when it is silent."""
    rng = random.Random(4)
    room, worst_single, worst_fused = Room(), 0.0, 0.0
    before = None
    for i in range(150):
        t_ns = i * TICK
        silent = 75 <= i < 100
        single = 0.0
        for node, level in enumerate((0.9, 0.7, 0.8)):
            state = said(level + rng.uniform(-0.02, 0.02))
            if node or not silent:
                room.hear(node, state, t_ns, proven=True)
                single = state.presence_score if node == 0 else single
        fused = room.fuse(t_ns)
        if i == 74:
            before = (single, fused.presence)
        if silent:
            worst_single = max(worst_single, abs(single - before[0]))
            worst_fused = max(worst_fused, abs(fused.presence - before[1]))
    assert worst_single > 0.8
    assert worst_fused < 0.05


def test_a_node_that_stays_away_fades_out_smoothly():
    room = Room()
    run(room, 5, 0, {"a": said(1.0), "b": said(0.0)})
    faded = run(room, 20, 5, {"b": said(0.0)})
    steps = [abs(x.presence - y.presence) for x, y in itertools.pairwise(faded)]
    assert max(steps) < 0.03
    assert faded[0].presence == 0.5
    assert faded[-1].presence == pytest.approx(0.0, abs=0.03)
    assert faded[20].confidence <= faded[-1].confidence


def test_disagreement_lowers_confidence_and_flaps_nothing():
    room = Room()
    together = run(room, 5, 0, {i: said(0.9) for i in range(3)})[-1]
    assert together.occupied
    assert together.confidence == 1.0
    apart = run(room, 20, 5, {0: said(1.0), 1: said(0.0), 2: said(0.1)})
    assert all(fused.confidence < 0.3 for fused in apart)
    assert all(fused.occupied for fused in apart)
    assert room.agreement(0) == pytest.approx(0.05)
    assert room.agreement(1) == pytest.approx(0.45)
    assert room.agreement("nobody") is None


def test_a_state_needs_a_second_of_evidence():
    room = Room()
    run(room, 5, 0, {0: said(0.0), 1: said(0.0)})
    seen = run(room, 2, 5, {0: said(0.9, 0.9), 1: said(0.9, 0.9)})
    assert [f.occupied for f in seen] == [False] * 4 + [True] * 6
    assert seen[-1].moving


def test_better_measurements_weigh_more():
    room = Room()
    fused = run(room, 1, 0, {0: said(1.0, coherence=0.9), 1: said(0.0, coherence=0.3)})[-1]
    assert fused.presence == pytest.approx(0.75)


def test_an_empty_room_says_nothing():
    fused = Room().fuse(0)
    assert (fused.presence, fused.motion, fused.confidence) == (None, None, 0.0)
    assert not fused.occupied


def test_what_is_unproven_shows():
    room = Room()
    room.hear(0, said(0.5), 0, proven=True)
    room.hear(1, said(0.5), 0, proven=False)
    assert room.fuse(0).proven == 0.5


def test_hostile_scores_and_crowds_are_bounded():
    room = Room()
    for i in range(5000):
        room.hear(i, said(float("nan"), 1e30, float("inf")), 0, proven=False)
    fused = room.fuse(0)
    assert (fused.presence, fused.motion, fused.fresh_nodes) == (0.0, 1.0, 1024)


def test_presence_is_said_by_the_nodes_that_could_tell_it_for_a_minute():
    room, blind = Room(), said(0.0, flags=0)
    fused = run(room, 80, 0, {"calibrated": said(0.9), "one": blind, "other": blind})[-1]
    assert fused.presence == pytest.approx(0.9, abs=1e-3)
    assert fused.occupied
    assert fused.fresh_nodes == 3
    assert room.agreement("one") is None


def test_where_no_node_can_tell_presence_all_are_believed():
    fused = run(Room(), 4, 0, {0: said(0.2, flags=0), 1: said(0.4, flags=0)})[-1]
    assert fused.presence == pytest.approx(0.3)
