"""From a datagram to what a node must do; whole nodes face to face, without a network."""

from airsonde.core.ids import NodeId
from airsonde.mesh.auth import HmacKey, KeyRing, Signer
from airsonde.mesh.election import Claim, Election, Heard, Tick
from airsonde.mesh.fence import Candidates, Fence
from airsonde.mesh.inbox import (
    Inbox,
    Synchronise,
    TakeArrival,
    TakeCalibration,
    TakePlan,
    TakeRole,
    TellArrival,
)
from airsonde.mesh.messages import CalibrationStart, ChannelPlan, RoleAssign, TimeSync
from airsonde.mesh.model import EVERY_NODE, NodeRole
from airsonde.mesh.orders import claim, grant_raw, order
from airsonde.mesh.plane import Endpoint, Level, Policy
from airsonde.mesh.planner import Assign, Calibrate, Move
from tests.mesh.golden import MESSAGES, SEVEN, STATE

A, B, C = (NodeId(x * 8) for x in (b"A", b"B", b"C"))
KEY = HmacKey(1, b"k" * 32)
PEER = ("10.0.0.1", 5005)
MS = 1_000_000


class Node:
    """An endpoint, an inbox and an election over one fence."""

    def __init__(self, node, policy=None):
        self.node = node
        self.fence = Fence(Candidates([A, B]))
        self.endpoint = Endpoint(
            KeyRing([KEY]), policy or Policy(), Signer(node, 1, [KEY]), self.fence
        )
        self.election = Election(node, self.fence)
        self.inbox = Inbox(node)

    def hear(self, data, t_ns=0):
        orders = [o for e in self.endpoint.receive(data, PEER, t_ns) for o in self.inbox.step(e)]
        for heard in orders:
            if isinstance(heard, Heard):
                self.election.step(heard)
        return orders

    def send(self, body, epoch=None):
        return self.endpoint.send(body, role=NodeRole.COORDINATOR, epoch=epoch)

    def tick(self, t_ns):
        """The claims that this node sends now."""
        claims = [a for a in self.election.step(Tick(t_ns=t_ns)) if isinstance(a, Claim)]
        return [
            self.send(RoleAssign(self.node, NodeRole.COORDINATOR, c.epoch), c.epoch) for c in claims
        ]


def elected(*nodes):
    """Run until somebody leads, and hand its messages round."""
    for t_ms in range(0, 4000, 50):
        for node in nodes:
            for data in node.tick(t_ms * MS):
                for other in nodes:
                    if other is not node:
                        other.hear(data, t_ms * MS)
    return nodes[0].election.leader


def test_an_election_through_real_datagrams():
    a, b, c = Node(A), Node(B), Node(C)
    assert elected(a, b, c) == A
    assert {n.election.leader for n in (a, b, c)} == {A}
    assert not (a.endpoint.refused + b.endpoint.refused + c.endpoint.refused)


def test_orders_of_the_coordinator():
    a, c = Node(A), Node(C)
    elected(a, c)
    now = a.fence.epoch
    assert c.hear(a.send(TimeSync(5, 1, 100_000)), 17) == [Synchronise(17, A, 5000, PEER)]
    assert c.hear(a.send(RoleAssign(C, NodeRole.ANCHOR, now))) == [TakeRole(NodeRole.ANCHOR)]
    assert c.hear(a.send(ChannelPlan(C, 300, 1, (1, 6), now))) == [TakePlan((1, 6), 300, True)]
    assert c.hear(a.send(ChannelPlan(EVERY_NODE, 9, 0, (1,), now))) == [TakePlan((1,), 9, False)]
    assert c.hear(a.send(CalibrationStart(2, 5000, now, 4))) == [TakeCalibration(2000, 5000, 4)]


def test_who_is_no_anchor_asks_for_the_time_and_gives_none():
    a, c = Node(A), Node(C)
    elected(a, c)
    asked = a.endpoint.send(TimeSync(1, 7, 0), role=NodeRole.OBSERVER)
    assert c.hear(asked, 17) == [TellArrival(17, 7, PEER)]
    beat = a.endpoint.send(TimeSync(1, 8, 100_000), role=NodeRole.OBSERVER)
    assert c.hear(beat, 18) == [TellArrival(18, 8, PEER)]
    told = a.endpoint.send(TimeSync(5, 7, 0), role=NodeRole.ANCHOR)
    assert c.hear(told, 19) == [TakeArrival(A, 7, 5000)]


def test_plans_arrive_as_they_were_meant():
    a, c = Node(A), Node(C)
    elected(a, c)
    now = a.fence.epoch

    def heard(action):
        return c.hear(a.send(order(action, epoch=now, anchor_time_us=1_000_000)))

    assert heard(Assign(C, NodeRole.ANCHOR)) == [TakeRole(NodeRole.ANCHOR)]
    assert heard(Move(C, 11)) == [TakePlan((11,), 0, False)]
    assert heard(Calibrate(5000)) == [TakeCalibration(1_500_000_000, 5000, 4)]
    assert c.hear(a.send(grant_raw(C, 11, epoch=now))) == [TakePlan((11,), 0, True)]
    assert c.hear(a.send(claim(A, now)), 9) == [Heard(t_ns=9, sender=A, epoch=now)]


def test_what_is_for_others_or_means_nothing_is_left_alone():
    a, c = Node(A), Node(C)
    elected(a, c)
    now = a.fence.epoch
    for body in (
        RoleAssign(B, NodeRole.ANCHOR, now),
        RoleAssign(C, 99, now),
        RoleAssign(B, NodeRole.COORDINATOR, now),
        ChannelPlan(B, 1, 0, (1,), now),
        STATE,
    ):
        assert c.hear(a.send(body)) == []


def test_an_order_waits_for_its_epoch():
    a, c = Node(A), Node(C)
    elected(a, c)
    later = a.fence.epoch + 0x100
    assert c.hear(a.send(RoleAssign(C, NodeRole.ANCHOR, later))) == []
    assert c.hear(a.send(TimeSync(5, 1, 9))) == [Synchronise(0, A, 5000, PEER)]
    assert TakeRole(NodeRole.ANCHOR) in c.hear(a.send(TimeSync(6, 1, 9), later))


def test_strangers_give_no_orders():
    c = Node(C)
    for _, _, _, hexadecimal in MESSAGES.values():
        assert c.hear(bytes.fromhex(hexadecimal)) == []
    permissive = Node(SEVEN, Policy(level=Level.PERMISSIVE))
    plan = bytes.fromhex(MESSAGES["CHANNEL_PLAN"][3])
    assert permissive.hear(plan) == []
    permissive.inbox.permissive = True
    assert permissive.hear(plan) == []  # its epoch 11 has not begun: the message says 10
    assert permissive.hear(bytes.fromhex(MESSAGES["CALIBRATION_START"][3])) == [
        TakePlan((1, 6, 11), 300, True)
    ]
