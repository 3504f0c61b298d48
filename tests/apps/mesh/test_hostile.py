"""Strangers at the coordinator's and the node's door: nothing changes, nothing breaks, nobody waits."""

import asyncio
import random
import sys
import time

import pytest

from airsonde.apps.mesh.coordinator import MeshCoordinator
from airsonde.apps.mesh.node import MeshNode, NodeConfig
from airsonde.apps.mesh.post import Neighbours, Post
from airsonde.apps.mesh.simulation import Plan, Simulation
from airsonde.core.ids import NodeId
from airsonde.drivers.transport.mesh_udp import MeshSocket
from airsonde.mesh.auth import HmacKey, KeyRing, Signer
from airsonde.mesh.fence import Candidates, Fence
from airsonde.mesh.messages import Health
from airsonde.mesh.model import NodeRole
from airsonde.mesh.plane import Endpoint

HEAD, NODE = NodeId(b"coordina"), NodeId(b"a-node-1")
KEY = HmacKey(1, b"k" * 32)
FLOOD = """
import random, socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(("127.0.0.1", int(sys.argv[1])))
noise = random.Random(1)
heads = [b"", bytes.fromhex("060011c5"), bytes.fromhex("008111c501"), bytes.fromhex("010011c5")]
junk = [noise.choice(heads) + noise.randbytes(noise.randrange(120)) for _ in range(4096)]
begin, sent, total = time.perf_counter(), 0, 50_000 * 8
while sent < total:
    due = min(total, int((time.perf_counter() - begin) * 50_000))
    for i in range(sent, due):
        sock.send(junk[i & 4095])
    sent = max(sent, due)
    time.sleep(0.001)
"""
VALID = """
import socket, sys, time
from airsonde.core.ids import NodeId
from airsonde.mesh.auth import HmacKey, KeyRing, Signer
from airsonde.mesh.messages import Health
from airsonde.mesh.model import NodeRole
from airsonde.mesh.plane import Endpoint
node = NodeId(b"a-node-1")
end = Endpoint(KeyRing(), signer=Signer(node, 1, [HmacKey(1, b"k" * 32)]))
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(("127.0.0.1", int(sys.argv[1])))
for _ in range(700):
    body = Health(node, time.monotonic_ns() // 1000, 2, 6, 20, -90, 50, 100, 0)
    sock.send(end.send(body, role=NodeRole.OBSERVER))
    time.sleep(0.01)
"""


class Timing(MeshCoordinator):
    """Notes how long after it was made a report was taken, in milliseconds."""

    def _note(self, entry, body, now_ns):
        self.taken.append(time.monotonic_ns() / 1e6 - body.local_time_us / 1e3)
        super()._note(entry, body, now_ns)


def coordinator(kind=MeshCoordinator):
    fence = Fence(Candidates([HEAD]))
    return kind(HEAD, Endpoint(KeyRing([KEY]), signer=Signer(HEAD, 1, [KEY]), fence=fence))


async def delays_under_flood():
    """Milliseconds from a valid message's making to its taking, and how much junk there was."""
    head = coordinator(Timing)
    head.taken = []
    post = Post(MeshSocket.bind("127.0.0.1", 0), Neighbours())

    def received(block, now_ns):
        return head.receive_block(block.data, block.sizes, block.peers, now_ns, post.socket.address)

    post.begin(received)
    port = str(post.socket.port)
    flood = await asyncio.create_subprocess_exec(sys.executable, "-c", FLOOD, port)
    valid = await asyncio.create_subprocess_exec(sys.executable, "-c", VALID, port)
    while valid.returncode is None:
        post.send(head.tick(time.monotonic_ns()))
        await asyncio.sleep(0.05)
    await flood.wait()
    await asyncio.sleep(0.5)
    post.end()
    return head.taken, head.endpoint.refused.total()


@pytest.mark.slow
def test_a_flood_of_junk_does_not_delay_what_is_valid():
    taken, refused = asyncio.run(delays_under_flood())
    assert refused > 200_000
    assert len(taken) >= 650
    assert sorted(taken)[int(len(taken) * 0.99)] <= 50


def recorded():
    """Every datagram of a small mesh that lives for a while, with who sent it to whom."""
    simulation = Simulation(Plan(nodes=3, room_size=3, coordinators=2))
    send, seen = simulation.network.send, []

    class Seen:
        def __getattr__(self, name):
            return getattr(simulation_network, name)

        def send(self, data, sender, to, t_ns):
            seen.append((data, sender, to))
            send(data, sender, to, t_ns)

    simulation_network = simulation.network
    simulation.network = Seen()
    simulation.run(14)
    delivered = len(seen)
    simulation.run(0.2)
    return simulation, seen[:delivered]


def mutated(noise, data):
    """One or more faults of the kinds that a line or an enemy makes."""
    kind = noise.randrange(5)
    if kind == 0:
        return data[: noise.randrange(len(data))]
    if kind == 1:
        return data + noise.randbytes(noise.randrange(1, 50))
    out = bytearray(data)
    for _ in range(noise.randrange(1, 4) if kind < 4 else 20):
        bit = noise.randrange(8 * len(out))
        out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


def standing(simulation):
    """All that strangers must not change."""
    return (
        [(n.mesh.role, n.mesh.leader, n.mesh.endpoint.fence.epoch, n.mesh.raw, n.mesh._hops)
         for n in simulation.nodes],
        [(c.mesh.election.leader, c.mesh.endpoint.fence.epoch) for c in simulation.coordinators],
        [c.mesh.endpoint.replay.marks() for c in simulation.coordinators],
        {e.source for c in simulation.coordinators for e in c.mesh.roster},
    )  # fmt: skip


def test_mutated_and_repeated_messages_change_nothing_anywhere():
    simulation, seen = recorded()
    noise = random.Random(5)
    before = repr(standing(simulation))
    ends = {one.address: one.mesh for one in (*simulation.nodes, *simulation.coordinators)}
    everybody = list(ends.values())
    for i in range(20_000):
        data, sender, to = noise.choice(seen)
        end = ends[to] if i % 4 == 0 else noise.choice(everybody)
        if i % 4:
            data = mutated(noise, data)
        assert list(end.receive(data, sender, simulation.t_ns)) == []
    assert repr(standing(simulation)) == before


def test_what_another_key_signed_moves_nobody():
    simulation, _ = recorded()
    stranger = Endpoint(KeyRing(), signer=Signer(HEAD, 9, [HmacKey(1, b"x" * 32)]))
    before = repr(standing(simulation))
    for body_role in NodeRole:
        data = stranger.send(Health(HEAD, 1, 4, 6, 20, -90, 50, 0, 0), role=body_role, epoch=2**31)
        for end in (
            *(n.mesh for n in simulation.nodes),
            *(c.mesh for c in simulation.coordinators),
        ):
            assert list(end.receive(data, ("10.9.9.9", 1), simulation.t_ns)) == []
    assert repr(standing(simulation)) == before


def test_a_node_without_keys_obeys_nobody():
    node = MeshNode(NODE, NodeConfig(number=1), Endpoint(KeyRing()))
    simulation, seen = recorded()
    for data, sender, _ in seen:
        assert node.receive(data, sender, simulation.t_ns) == []
    assert (node.role, node.leader) == (NodeRole.UNASSIGNED, None)


def test_random_bytes_of_any_length_end_no_program():
    noise, head = random.Random(2), coordinator()
    for _ in range(20_000):
        head.receive(noise.randbytes(noise.randrange(200)), ("10.0.0.1", 5), 1)
    assert head.endpoint.refused.total() == 20_000
    assert len(head.roster) == 0
    assert len(head.endpoint.unknown_magics.known) <= 256
