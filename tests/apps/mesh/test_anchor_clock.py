"""A node's clock against its anchor's, through the messages both really send."""

import random

from airsonde.apps.mesh.anchor_clock import AnchorClock
from airsonde.apps.mesh.network import Faults
from airsonde.apps.mesh.simulation import Plan, Simulation
from airsonde.core.ids import NodeId
from airsonde.mesh.model import NodeRole

A, B = NodeId(b"A" * 8), NodeId(b"B" * 8)
PEER = ("10.0.0.1", 5005)
MS, SECOND = 1_000_000, 1_000_000_000


def test_both_ways_are_bounded_under_jitter():
    """20 ms of jitter on every way: the answers to a node's questions make its error small."""
    plan = Plan(nodes=3, room_size=3, faults=Faults(loss=0.05, jitter_ns=20 * MS))
    simulation = Simulation(plan)
    simulation.run(60)
    seen = []
    for _ in range(60):
        simulation.run(1)
        (anchor,) = (n for n in simulation.nodes if n.mesh.role is NodeRole.ANCHOR)
        for node in simulation.nodes:
            if node is not anchor:
                own_ns = node.own_ns(simulation.t_ns)
                estimate = node.mesh.clock.estimate(own_ns)
                assert estimate.two_way
                true_ns = anchor.own_ns(simulation.t_ns)
                seen.append((abs(estimate.to_anchor_ns(own_ns) - true_ns), estimate.error_ns))
    assert sorted(error_ns for _, error_ns in seen)[int(0.95 * len(seen))] <= 1 * MS
    assert sum(true_ns <= error_ns for true_ns, error_ns in seen) >= 0.95 * len(seen)


def test_questions_are_few_and_stop_when_the_anchor_is_silent():
    clock = AnchorClock()
    assert clock.question(0) is None
    asked = []
    for t_ms in range(0, 20_000, 50):
        if t_ms < 10_000:
            clock.received(A, PEER, own_ns=t_ms * MS, anchor_ns=t_ms * MS)
        if (question := clock.question(t_ms * MS)) is not None:
            asked.append((t_ms, *question))
    assert [number for _, number, _ in asked] == list(range(1, len(asked) + 1))
    assert 24 <= len(asked) <= 28
    assert asked[-1][0] < 13_000


def test_only_the_anchor_answers_and_only_once():
    """A false answer would move the bounds: none of these may."""
    clock = AnchorClock()
    noise = random.Random(1)
    for t_ms in range(0, 5_000, 100):
        late = noise.randrange(MS)
        clock.received(A, PEER, own_ns=t_ms * MS + late, anchor_ns=t_ms * MS)
    number, _ = clock.question(5 * SECOND)
    clock.answered(B, number, 0)
    clock.answered(A, number + 1, 0)
    assert not clock.estimate(5 * SECOND).two_way
    clock.answered(A, number, 5 * SECOND + 100_000)
    clock.answered(A, number, 0)
    estimate = clock.estimate(6 * SECOND)
    assert estimate.two_way
    assert abs(estimate.offset_ns) <= estimate.error_ns < 2 * MS


def test_another_anchor_is_another_clock():
    clock = AnchorClock()
    for t_ms in range(0, 5_000, 100):
        clock.received(A, PEER, own_ns=t_ms * MS, anchor_ns=t_ms * MS)
    number, _ = clock.question(5 * SECOND)
    assert clock.estimate(5 * SECOND) is not None
    clock.received(B, PEER, own_ns=5 * SECOND, anchor_ns=0)
    clock.answered(B, number, 0)
    assert clock.estimate(5 * SECOND) is None
