"""Who is speaking: a node that proved its id, or a number from an address."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from airsonde.core.ids import NodeId
from airsonde.mesh.model import firmware_node_id

Address = tuple[str, int]
CLASH_WINDOW_NS = 10_000_000_000
MOST_SOURCES = 65_536


class Source(NamedTuple):
    """A proven node has no address; an unproven one is its number (or claimed id) at an address.

    `node` is None where the message does not say whom it is from.
    Many installations leave node number 1 everywhere: without proof, numbers are never merged.
    """

    node: NodeId | int | None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """One node number is in use at two addresses."""

    t_ns: int
    node: NodeId | int | None
    address: Address
    other: Address


@dataclass(slots=True)
class Identities:
    """When each source was heard last; the one that is silent longest is forgotten first."""

    most: int = MOST_SOURCES
    _heard_ns: OrderedDict[Source, int] = field(default_factory=OrderedDict)
    _latest: dict[NodeId | int | None, Source] = field(default_factory=dict)
    _proven_at: OrderedDict[Address, NodeId] = field(default_factory=OrderedDict)
    _proven: dict[NodeId, Address] = field(default_factory=dict)
    _numbers: set[int] = field(default_factory=set)

    def prove(self, node: NodeId, address: Address) -> None:
        """Note that `node` proved itself from `address`."""
        old = self._proven.get(node)
        if old == address:
            return
        if old is not None and self._proven_at.get(old) == node:
            del self._proven_at[old]
        self._proven[node] = address
        if node == firmware_node_id(node[0]):
            self._numbers.add(node[0])
        self._proven_at[address] = node

    def is_proven(self, node: NodeId | int | None) -> bool:
        """Whether a node of this id, or of the id that firmware makes of this number, has."""
        return node in self._proven or node in self._numbers

    def proves_itself(self, address: Address) -> bool:
        """Whether the node at `address` authenticates what it sends."""
        return address in self._proven_at

    def hear(self, source: Source, t_ns: int) -> Clash | None:
        """Note an unproven source; a clash when its number was just heard from elsewhere."""
        before = self._latest.get(source.node)
        new = source not in self._heard_ns
        clash = self._clash(source, before, t_ns) if new and before is not None else None
        self._latest[source.node] = source
        self._heard_ns[source] = t_ns
        self._heard_ns.move_to_end(source)
        if new and len(self._heard_ns) > self.most:
            self._forget()
        return clash

    def _clash(self, source: Source, before: Source, t_ns: int) -> Clash | None:
        heard_ns = self._heard_ns.get(before)
        if source.address is None or before.address is None or heard_ns is None:
            return None
        if source.node is None:
            return None
        if t_ns - heard_ns > CLASH_WINDOW_NS:
            return None
        return Clash(t_ns, source.node, source.address, before.address)

    def _forget(self) -> None:
        oldest, _ = self._heard_ns.popitem(last=False)
        if self._latest.get(oldest.node) == oldest:
            del self._latest[oldest.node]
