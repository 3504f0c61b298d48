"""One coordinator an epoch, always; one coordinator in all, soon. Random schedules decide."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import AuthError, ConfigError
from airsonde.core.ids import NodeId
from airsonde.mesh.election import Claim, Election, Follow, Heard, Tick
from airsonde.mesh.fence import Candidates, Fence
from airsonde.mesh.model import Refusal

MS = 1_000_000
STEP_MS = 50


def ids(count):
    return [NodeId(bytes([i + 1] * 8)) for i in range(count)]


class Node:
    """A node with a clock of its own that is off and fast or slow."""

    def __init__(self, node, candidates, rng):
        self.node, self.candidates = node, candidates
        self.offset_ns = rng.randrange(10**15)
        self.rate = 1 + rng.uniform(-1e-3, 1e-3)
        self.alive = True
        self.restart()

    def restart(self):
        """Start without any memory."""
        self.fence = Fence(Candidates(self.candidates))
        self.election = Election(self.node, self.fence)

    def clock(self, now_ms):
        return int(self.offset_ns + now_ms * MS * self.rate)


class Room:
    """Nodes, and a network that loses, delays and divides."""

    def __init__(self, nodes, candidates, seed, loss=0.0):
        self.rng = random.Random(seed)
        names = ids(nodes)
        self.nodes = [Node(n, names[:candidates], self.rng) for n in names]
        self.side = dict.fromkeys(names, 0)
        self.loss, self.now_ms = loss, 0
        self.flying = []
        self.claimed = {}
        self.refused = 0

    def run(self, ms):
        for _ in range(ms // STEP_MS):
            self.now_ms += STEP_MS
            self._deliver()
            for node in self.nodes:
                if node.alive:
                    self._act(node)

    def _act(self, node):
        for action in node.election.step(Tick(t_ns=node.clock(self.now_ms))):
            if isinstance(action, Claim):
                owner = self.claimed.setdefault(action.epoch, node.node)
                assert owner == node.node, "two coordinators under one epoch"
                self._send(node, action.epoch, claims=True)
        if self.now_ms % 1000 == 0:  # health, which carries the epoch the node works under
            self._send(node, node.fence.epoch, claims=False)

    def _send(self, node, epoch, *, claims):
        for other in self.nodes:
            if other is not node and self.rng.random() >= self.loss:
                arrives_ms = self.now_ms + self.rng.choice([0, 20, 60, 120])
                self.flying.append((arrives_ms, other, node.node, epoch, claims))

    def _deliver(self):
        arrived = [m for m in self.flying if m[0] <= self.now_ms]
        self.flying = [m for m in self.flying if m[0] > self.now_ms]
        self.rng.shuffle(arrived)
        for _, node, sender, epoch, claims in arrived:
            if node.alive and self.side[node.node] == self.side[sender]:
                self._hear(node, sender, epoch, claims)

    def _hear(self, node, sender, epoch, claims):
        if not claims:
            node.fence.learn(epoch)
            return
        try:
            node.fence.check(sender, epoch)
        except AuthError:
            self.refused += 1
            return
        node.fence.take(sender, epoch)
        node.election.step(Heard(t_ns=node.clock(self.now_ms), sender=sender, epoch=epoch))

    @property
    def leaders(self):
        return {n.election.leader for n in self.nodes if n.alive}

    @property
    def leader(self):
        (one,) = self.leaders
        return next(n for n in self.nodes if n.node == one)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(2, 6), st.integers(0, 10**6), st.sampled_from([0, 0.1]))
def test_a_killed_coordinator_is_replaced_within_three_seconds(nodes, candidates, seed, loss):
    room = Room(nodes, min(nodes, candidates), seed, loss)
    room.run(4000)
    first = room.leader
    first.alive = False
    room.run(3000)
    assert room.leader is not first
    assert room.leader.alive


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10**6), st.data())
def test_sides_that_meet_agree_within_three_seconds(nodes, seed, data):
    room = Room(nodes, nodes, seed)
    room.run(4000)
    for name in room.side:
        room.side[name] = data.draw(st.integers(0, 2))
    room.run(data.draw(st.integers(0, 200)) * STEP_MS)
    room.side = dict.fromkeys(room.side, 0)
    room.run(3000)
    winner = room.leader
    assert {n.fence.epoch for n in room.nodes} == {winner.fence.epoch}
    loser = next(n for n in room.nodes if n is not winner)
    for node in room.nodes:
        for epoch, owner in room.claimed.items():
            if epoch < winner.fence.epoch:
                with pytest.raises(AuthError, match=Refusal.STALE_EPOCH):
                    node.fence.check(owner, epoch)
        with pytest.raises(AuthError, match=Refusal.NOT_COORDINATOR):
            node.fence.check(loser.node, winner.fence.epoch)


EVENT = st.tuples(st.sampled_from(["kill", "restart", "split", "heal", "wait"]), st.integers(0, 5))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.lists(EVENT, max_size=25), st.sampled_from([0, 0.2, 0.5]))
def test_any_schedule_has_one_coordinator_an_epoch_and_one_in_the_end(seed, events, loss):
    """`Room` asserts the first at every claim; restarts forget everything."""
    room = Room(5, 4, seed, loss)
    for event, which in events:
        node = room.nodes[which % 5]
        if event == "kill":
            node.alive = False
        elif event == "restart":
            node.restart()
            node.alive = True
        elif event == "split":
            room.side[node.node] = which
        elif event == "heal":
            room.side = dict.fromkeys(room.side, 0)
        room.run(100 + 350 * which)
    room.side = dict.fromkeys(room.side, 0)
    room.loss = 0
    for node in room.nodes:
        if not node.alive:
            node.restart()
            node.alive = True
    room.run(6000)
    assert room.leader.election.leads
    assert len(room.claimed) >= 1


def test_the_only_candidate_comes_back_under_a_new_epoch():
    """It forgot its epoch; the health of the others tells it that the old one is used up."""
    room = Room(3, 1, 1)
    room.run(3000)
    only = room.nodes[0]
    used = max(room.claimed)
    only.restart()
    only.fence.epoch = 0
    room.run(5000)
    assert room.leaders == {only.node}
    assert max(room.claimed) > used


def test_a_coordinator_steps_down_when_others_work_under_a_newer_epoch():
    """It missed the claim itself, but not what the followers of it say."""
    a, b = ids(2)
    election = Election(a, Fence(Candidates([a, b])))
    for t_ms in range(0, 3000, 100):
        election.step(Tick(t_ns=t_ms * MS))
    assert election.leads
    election.fence.learn(election.fence.candidates.next_epoch(b, election.fence.epoch))
    actions = election.step(Tick(t_ns=3000 * MS))
    assert actions == (Follow(None, election.fence.epoch),)
    assert not election.leads


def test_nodes_that_are_no_candidates_never_claim():
    election = Election(ids(3)[2], Fence(Candidates(ids(2))))
    actions = [election.step(Tick(t_ns=t * 100 * MS)) for t in range(200)]
    assert not any(actions)


def test_epochs_tell_their_owner():
    a, b, c = ids(3)
    candidates = Candidates([b, a])
    assert candidates.next_epoch(a, 0) == 1 << 8
    assert candidates.next_epoch(b, 0) == 1 << 8 | 1
    assert candidates.owner(candidates.next_epoch(b, 77)) == b
    assert candidates.next_epoch(c, 0) is None
    assert candidates.owner(1 << 8 | 2) is None
    assert candidates.next_epoch(a, 0xFFFF_FF01) is None
    with pytest.raises(ConfigError, match="at most 256"):
        Candidates(NodeId(i.to_bytes(8, "big")) for i in range(257))


def test_without_a_list_an_epoch_belongs_to_whom_it_was_heard_from():
    a, b, _ = ids(3)
    fence = Fence()
    fence.check(a, 5)
    fence.take(a, 5)
    with pytest.raises(AuthError, match=Refusal.NOT_COORDINATOR):
        fence.check(b, 5)
    fence.check(b, 6)
    fence.learn(9)
    assert fence.epoch == 5
