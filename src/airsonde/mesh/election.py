"""Who coordinates: leases that a coordinator renews, and epochs that only one node may claim.

A claim is ROLE_ASSIGN(target = the claimant, COORDINATOR, effective_epoch = its epoch). Each side
of a partition may have a coordinator, but never under the same epoch; when the sides meet, the
higher epoch stands and the claims of the lower are refused by every node's fence. Only intervals of
the node's own clock are used, so clocks may differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from airsonde.core.ids import NodeId
from airsonde.mesh.fence import Fence

MS_NS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionConfig:
    """A silent coordinator is replaced within `lease + most_stagger`, here 2.4 s.

    Candidates wait in the order of their slots, so that usually one of them claims.
    """

    heartbeat_ns: int = 250 * MS_NS
    lease_ns: int = 1_200 * MS_NS
    stagger_ns: int = 150 * MS_NS
    most_stagger_ns: int = 1_200 * MS_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time passes; at least every 100 ms."""

    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A coordinator's message under `epoch` passed the fence."""

    t_ns: int
    sender: NodeId
    epoch: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Send a claim under this epoch."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Follow:
    """The coordinator is now this node; None: there is none at the moment."""

    leader: NodeId | None
    epoch: int


ElectionAction = Claim | Follow


@dataclass(slots=True)
class Election:
    """One node's view. `fence` is the one that its endpoint refuses by."""

    node: NodeId
    fence: Fence
    config: ElectionConfig = field(default_factory=ElectionConfig)
    leader: NodeId | None = None
    _lease_end_ns: int | None = None
    _claim_ns: int = 0
    _own_epoch: int = 0

    @property
    def leads(self) -> bool:
        return self.leader == self.node

    def step(self, obs: Tick | Heard, /) -> Sequence[ElectionAction]:
        if isinstance(obs, Heard):
            return self._heard(obs)
        if self._lease_end_ns is None:  # a start: listen first
            self._lease_end_ns = obs.t_ns + self.config.lease_ns
        if self.leads:
            return self._lead(obs.t_ns)
        return self._watch(obs.t_ns)

    def _heard(self, obs: Heard) -> Sequence[ElectionAction]:
        if obs.epoch < self.fence.epoch or obs.sender == self.node:
            return ()
        self._lease_end_ns = obs.t_ns + self.config.lease_ns
        return self._follow(obs.sender)

    def _lead(self, t_ns: int) -> Sequence[ElectionAction]:
        if self.fence.epoch > self._own_epoch:  # somebody was heard of who superseded this node
            self._lease_end_ns = t_ns + self.config.lease_ns
            return self._follow(None)
        if t_ns < self._claim_ns:
            return ()
        self._claim_ns = t_ns + self.config.heartbeat_ns
        return (Claim(self._own_epoch),)

    def _watch(self, t_ns: int) -> Sequence[ElectionAction]:
        if self._lease_end_ns is None or t_ns < self._lease_end_ns:
            return ()
        epoch = self.fence.candidates.next_epoch(self.node, self.fence.epoch)
        if epoch is None or t_ns < self._lease_end_ns + self._stagger_ns():
            return self._follow(None)
        self.fence.take(self.node, epoch)
        self._own_epoch = epoch
        self._claim_ns = t_ns + self.config.heartbeat_ns
        return (*self._follow(self.node), Claim(epoch))

    def _stagger_ns(self) -> int:
        slot = self.fence.candidates.slot(self.node) or 0
        return min(slot * self.config.stagger_ns, self.config.most_stagger_ns)

    def _follow(self, leader: NodeId | None) -> Sequence[ElectionAction]:
        if leader == self.leader:
            return ()
        self.leader = leader
        return (Follow(leader, self.fence.epoch),)
