"""Whole meshes on a computed network: roles, elections, losses; never how well they sense."""

import pytest

from airsonde.apps.mesh.network import Faults
from airsonde.apps.mesh.simulation import CHANNELS, Plan, Simulation
from airsonde.mesh.messages import Health
from airsonde.mesh.model import NodeRole, NodeState
from airsonde.mesh.packets import RawCsi

SECOND = 1_000_000_000
ROUGH = Faults(loss=0.1, duplicated=0.05, corrupted=0.05, jitter_ns=60_000_000)


class Watching:
    """A network that is watched while it carries."""

    def __init__(self, network, send):
        self._network, self.send = network, send

    def __getattr__(self, name):
        return getattr(self._network, name)


def settled(**plan):
    simulation = Simulation(Plan(**plan))
    simulation.run(13)
    return simulation


def fused(simulation, room="room 0"):
    (leader,) = simulation.leaders
    return leader.mesh.rooms[room].fused


@pytest.mark.parametrize("faults", [Faults(), ROUGH], ids=["clean", "rough"])
def test_nodes_that_know_nothing_become_a_room(faults):
    simulation = settled(nodes=8, faults=faults)
    roles = [n.mesh.role for n in simulation.nodes]
    assert sorted(roles) == [NodeRole.ANCHOR] + [NodeRole.OBSERVER] * 7
    assert {n.mesh.leader for n in simulation.nodes} == {simulation.coordinators[0].mesh.node}
    assert {n.mesh.state for n in simulation.nodes} <= {
        NodeState.SENSE_IDLE, NodeState.SENSE_ACTIVE}  # fmt: skip
    assert {n.channel for n in simulation.nodes} == set(CHANNELS)
    assert fused(simulation).fresh_nodes == 8
    assert all(n.mesh.clock.estimate(n.own_ns(simulation.t_ns)) for n in simulation.nodes
               if n.mesh.role is NodeRole.OBSERVER)  # fmt: skip


def test_losing_one_of_three_for_five_seconds_changes_nothing():
    """A mesh and its twin, in which nobody is lost; meanwhile somebody stops moving."""
    disturbed, twin = (settled(nodes=3, room_size=3) for _ in range(2))
    for simulation in (disturbed, twin):
        simulation.run(4)
    disturbed.nodes[1].on = False
    for i in range(50):
        for simulation in (disturbed, twin):
            simulation.run(0.2)
        now, there = fused(disturbed), fused(twin)
        assert abs(now.presence - there.presence) <= 0.1
        assert abs(now.motion - there.motion) <= 0.1
        assert (now.occupied, now.moving) == (there.occupied, there.moving)
        if i == 24:
            assert now.fresh_nodes == 2
            disturbed.nodes[1].on = True
    assert now.fresh_nodes == 3
    assert not now.moving


def test_a_silent_node_follows_what_the_others_see():
    """Everybody stops moving while one is silent: the room stops too, not two thirds of it."""
    simulation = settled(nodes=3, room_size=3)
    simulation.run(3)
    assert fused(simulation).motion > 0.7
    simulation.nodes[1].on = False
    simulation.run(10)
    assert fused(simulation).motion < 0.1


def test_a_coordinator_that_dies_is_replaced_within_three_seconds():
    simulation = settled(nodes=6, coordinators=3)
    (first,) = simulation.leaders
    first.on = False
    simulation.run(3)
    (second,) = simulation.leaders
    assert second is not first
    simulation.run(2)
    assert {n.mesh.leader for n in simulation.nodes} == {second.mesh.node}
    first.on = True
    simulation.run(3)
    assert len(simulation.leaders) == 1


@pytest.mark.parametrize("seed", range(4))
def test_halves_that_meet_again_agree_within_three_seconds(seed):
    simulation = settled(nodes=9, coordinators=3, seed=seed, faults=ROUGH)
    claims = {}
    apart = frozenset({simulation.coordinators[0].address,
                       *(n.address for n in simulation.nodes[:4])})  # fmt: skip
    simulation.network.partitions.append(apart)
    for _ in range(60):
        simulation.run(0.1)
        for head in simulation.leaders:
            epoch = head.mesh.endpoint.fence.epoch
            assert claims.setdefault(epoch, head.mesh.node) == head.mesh.node
    assert len(simulation.leaders) == 2
    simulation.network.partitions.clear()
    simulation.run(3)
    (leader,) = simulation.leaders
    epochs = {n.mesh.endpoint.fence.epoch for n in simulation.nodes}
    assert epochs == {leader.mesh.endpoint.fence.epoch}


def test_upstream_is_300_bytes_a_second_and_node():
    for signed, size, rate in ((True, 100, 3), (False, 60, 5)):
        simulation = settled(nodes=50, room_size=50, signed=signed)
        heads = {c.address for c in simulation.coordinators}
        sizes = []
        send = simulation.network.send

        def counted(data, sender, to, t_ns, sizes=sizes, send=send, heads=heads):
            if to in heads and sender not in heads:
                sizes.append(len(data))
            send(data, sender, to, t_ns)

        simulation.network = Watching(simulation.network, counted)
        simulation.run(10)
        states = sizes.count(size)
        assert states / 10 / 50 == pytest.approx(rate, rel=0.1)
        assert states * size / 10 <= 15_300
        assert max(sizes) <= 100


def test_observers_leave_the_busy_channel():
    """Nobody surveys but the nodes themselves, each its own channel; they tell it in HEALTH."""
    spread = {}
    for share in (0.0, 0.8):
        simulation = settled(nodes=7, room_size=7, busy={1: share, 6: 0.05, 11: 0.1})
        simulation.run(60)
        spread[share] = [n.channel for n in simulation.nodes if n.mesh.role is NodeRole.OBSERVER]
    assert spread[0.0].count(1) >= 2
    assert spread[0.8].count(1) == 0
    assert {6, 11} == set(spread[0.8])
    (desk,) = simulation.leaders[0].mesh.rooms.values()
    assert dict(desk.survey.known(simulation.t_ns))[1] == pytest.approx(0.8, abs=0.01)


def test_raw_csi_flows_only_while_granted():
    simulation = settled(nodes=2, room_size=2)
    node = simulation.nodes[0].mesh
    frame = RawCsi(0, 1, 64, 2437, 1, -50, -90, 0, bytes(128))
    now = simulation.nodes[0].own_ns(simulation.t_ns)
    assert list(node.send_raw(frame, now)) == []
    node.raw.grant(now + node.config.raw_grant_ns, now)
    sent = [t for t in range(0, 60, 1) if node.send_raw(frame, now + t * SECOND)]
    assert sent == list(range(30))
    burst = sum(len(node.send_raw(frame, now + SECOND)) for _ in range(1000))
    assert burst * 188 <= 20_000


def test_a_dead_node_is_told_and_its_return_too():
    simulation = settled(nodes=3)
    simulation.coordinators[0].mesh.happenings.take()
    simulation.nodes[2].on = False
    simulation.run(8)
    simulation.nodes[2].on = True
    simulation.run(2)
    told = simulation.coordinators[0].mesh.happenings.take()
    name = simulation.nodes[2].mesh.node.hex()
    assert [e["event"] for e in told if e.get("node") == name and e["event"] != "order"] == [
        "dead", "back"]  # fmt: skip


def test_a_poor_clock_is_told_once():
    simulation = settled(nodes=2)
    head = simulation.coordinators[0].mesh
    head.happenings.take()
    entry = next(iter(head.roster))
    for error_us in (100, 50_000, 60_000, 100, 65_535, 30_000):
        health = Health(entry.source.node, 0, 2, 1, 20, -90, 10, error_us, 0)
        head._note(entry, health, simulation.t_ns)
    assert [e["error_us"] for e in head.happenings.take()] == [50_000, 30_000]


def test_the_same_seed_is_the_same_mesh():
    runs = []
    for _ in range(2):
        simulation = settled(nodes=5, faults=ROUGH, seed=7)
        runs.append((simulation.network.carried, fused(simulation)))
    assert runs[0] == runs[1]


def test_faults_are_what_they_say():
    simulation = settled(nodes=5, faults=ROUGH)
    refused = simulation.coordinators[0].mesh.endpoint.refused
    assert refused["counter seen before"] >= 3
    assert sum(refused.values()) > 10
