"""The fast way of bare feature states says what the slow way says."""

import numpy as np
import pytest

from airsonde.apps.mesh.coordinator import CoordinatorConfig, MeshCoordinator
from airsonde.core.ids import NodeId
from airsonde.mesh.auth import HmacKey, KeyRing, Signer
from airsonde.mesh.feature_state import FeatureState, encode_feature_state
from airsonde.mesh.fence import Candidates, Fence
from airsonde.mesh.identity import Source
from airsonde.mesh.model import Refusal
from airsonde.mesh.plane import Endpoint, Policy

NODE, KEY = NodeId(b"coordina"), HmacKey(1, b"k" * 32)
SECOND = 1_000_000_000
ROOM = 4352


def coordinator(**policy):
    fence = Fence(Candidates([NODE]))
    return MeshCoordinator(
        NODE,
        Endpoint(KeyRing([KEY]), Policy(**policy), Signer(NODE, 1, [KEY]), fence),
        CoordinatorConfig(),
    )


def address(peer):
    host = ".".join(str(peer >> shift & 255) for shift in (40, 32, 24, 16))
    return host, peer & 0xFFFF


def peer_of(host, port):
    return int.from_bytes(bytes(map(int, host.split("."))), "big") << 16 | port


def give(to, units, t_ns):
    """Units as (data, address), in one block."""
    data = np.zeros((len(units), ROOM), dtype=np.uint8)
    for row, (unit, _) in enumerate(units):
        data[row, : len(unit)] = np.frombuffer(unit, dtype=np.uint8)
    sizes = np.array([len(unit) for unit, _ in units], dtype=np.int64)
    peers = np.array([peer_of(*where) for _, where in units], dtype=np.uint64)
    return to.receive_block(data, sizes, peers, t_ns, address)


def state(number, presence=0.9, seq=0):
    return encode_feature_state(
        FeatureState(number, 0, seq, 1, 0.1, presence, node_coherence=1.0, quality_flags=1)
    )


def many(rounds=1, presence=0.9):
    return [
        (state(n, presence, r), (f"10.0.0.{h}", 5005))
        for r in range(rounds) for h in range(4) for n in range(20)
    ]  # fmt: skip


def test_both_ways_lead_to_the_same_room():
    fast, slow = coordinator(), coordinator()
    for i in range(30):
        t_ns = i * SECOND // 5
        units = many(presence=i / 30)
        give(fast, units, t_ns)
        for unit, where in units:
            slow.receive(unit, where, t_ns)
        fast.tick(t_ns)
        slow.tick(t_ns)
    assert fast.states.states > 1500
    assert slow.states.states == 0
    assert fast.rooms["room"].fused == slow.rooms["room"].fused
    assert {e.source for e in fast.roster} == {e.source for e in slow.roster}


def test_damaged_states_are_refused_by_the_endpoint_and_counted():
    to = coordinator()
    give(to, many(), 0)
    units = [(bytes([*unit[:30], unit[30] ^ 1, *unit[31:]]), where) for unit, where in many()]
    give(to, units, 1)
    assert to.endpoint.refused == {Refusal.CRC_MISMATCH: len(units)}


def test_a_node_that_proves_itself_cannot_be_impersonated_by_the_fast_way():
    to = coordinator()
    give(to, many(), 0)
    proving = Endpoint(KeyRing([KEY]), signer=Signer(NodeId(b"\x05" + bytes(7)), 1, [KEY]))
    signed = proving.send_bare(FeatureState(5, 0, 0, 1, node_coherence=1.0))
    to.receive(signed, ("10.0.0.9", 5005), 1)
    give(to, many(), 2)
    assert to.endpoint.refused == {Refusal.FOREIGN_IDENTITY: 4}


def test_a_policy_without_strangers_holds_for_the_fast_way():
    to = coordinator(take_unproven=False)
    for t_ns in range(5):
        give(to, many(), t_ns)
    assert to.endpoint.refused == {Refusal.UNAUTHENTICATED: 400}
    assert len(to.states) == len(to.roster) == 0


def test_clashes_are_told_by_the_fast_way_too():
    to = coordinator()
    two_hosts = many()[:40]
    for i in range(3):
        give(to, two_hosts, i * SECOND)
    told = [e for e in to.happenings.take() if e["event"] == "node id clash"]
    assert len(told) == 20
    assert {e["node"] for e in told} == set(range(20))


@pytest.mark.parametrize("count", [1, 7, 8, 256])
def test_junk_of_any_number_changes_nothing(count):
    to = coordinator()
    give(to, many(), 0)
    junk = [(bytes([i & 255]) * (i % 70), ("10.0.0.1", 1)) for i in range(count)]
    before = len(to.roster)
    give(to, junk, 1)
    assert len(to.roster) == before
    assert to.endpoint.refused.total() == count


def test_ten_thousand_strangers_are_bounded():
    to = coordinator()
    to.roster.config = type(to.roster.config)(most=500)
    units = [(state(n), (f"10.0.{h}.1", 5005)) for h in range(40) for n in range(250)]
    for i in range(0, len(units), 250):
        give(to, units[i : i + 250], 1)
    assert len(to.roster) == 500
    assert to.roster.turned_away == 9500
    assert to.roster.get(Source(7, ("10.0.0.1", 5005))) is not None
