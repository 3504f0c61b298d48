"""Which coordinator epoch stands, and whom it belongs to.

An epoch is a term and the slot of a candidate: `epoch = term << 8 | slot`. Slots are the places in
the sorted list of candidates, so two candidates can never claim the same epoch, whoever is
partitioned, restarted or slow; no votes are needed for that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from airsonde.core.errors import AuthError, ConfigError
from airsonde.core.ids import NodeId
from airsonde.mesh.model import U32, Refusal

SLOT_BITS = 8
_SLOT_MASK = (1 << SLOT_BITS) - 1


class Candidates:
    """The nodes that may coordinate; every node must be given the same list, in any order."""

    def __init__(self, nodes: Iterable[NodeId]) -> None:
        """Raises ConfigError for more than 256 candidates."""
        self.nodes = tuple(sorted(set(nodes)))
        if len(self.nodes) > 1 << SLOT_BITS:
            raise ConfigError(f"at most {1 << SLOT_BITS} nodes may be candidates")

    def slot(self, node: NodeId) -> int | None:
        return self.nodes.index(node) if node in self.nodes else None

    def owner(self, epoch: int) -> NodeId | None:
        """The one candidate that may claim `epoch`; None when no candidate may."""
        slot = epoch & _SLOT_MASK
        return self.nodes[slot] if slot < len(self.nodes) and epoch >> SLOT_BITS else None

    def next_epoch(self, node: NodeId, after: int) -> int | None:
        """The epoch with which `node` supersedes `after`; None when it may not or terms ran out."""
        slot = self.slot(node)
        epoch = ((after >> SLOT_BITS) + 1) << SLOT_BITS | (slot or 0)
        return None if slot is None or epoch > U32 else epoch


@dataclass(slots=True)
class Fence:
    """The highest epoch that a node has proof of; what is below it is refused."""

    candidates: Candidates = field(default_factory=lambda: Candidates(()))
    epoch: int = 0
    holder: NodeId | None = None

    def check(self, sender: NodeId, epoch: int) -> None:
        """Whether `sender` may coordinate under `epoch`.

        Raises AuthError: stale coordinator epoch, sender does not hold the epoch. Where no
        candidates are configured an epoch belongs to whom it was first heard from.
        """
        self.refuse_stale(epoch)
        if self.candidates.nodes:
            holder = self.candidates.owner(epoch)
        else:
            holder = self.holder if epoch == self.epoch and self.holder else sender
        if holder != sender:
            raise AuthError(Refusal.NOT_COORDINATOR)

    def take(self, sender: NodeId, epoch: int) -> None:
        """Follow `sender` under an epoch that was checked."""
        self.epoch, self.holder = epoch, sender

    def refuse_stale(self, epoch: int) -> None:
        """Raises AuthError when `epoch` has been superseded."""
        if epoch < self.epoch:
            raise AuthError(Refusal.STALE_EPOCH)

    def learn(self, epoch: int) -> None:
        """Note an epoch that a proven node works under, whoever holds it.

        So a coordinator that restarted without memory learns that it must claim a newer one.
        """
        owner = self.candidates.owner(epoch)
        if epoch > self.epoch and owner is not None:
            self.epoch, self.holder = epoch, owner
