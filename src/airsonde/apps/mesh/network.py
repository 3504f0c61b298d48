"""A network that is computed: datagrams are lost, late, doubled, out of order and damaged."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from airsonde.mesh.identity import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares of the datagrams, 0…1; a delay is `delay_ns` and up to `jitter_ns` more."""

    loss: float = 0.0
    duplicated: float = 0.0
    corrupted: float = 0.0
    delay_ns: int = 200_000
    jitter_ns: int = 0


@dataclass(slots=True)
class Network:
    """Carries datagrams between addresses; a partition is a set of addresses that hear each other.

    The same seed and the same datagrams, the same faults.
    """

    random: Random
    faults: Faults = field(default_factory=Faults)
    partitions: list[frozenset[Address]] = field(default_factory=list)
    carried: int = 0
    carried_bytes: int = 0
    _under_way: list[tuple[int, int, bytes, Address, Address]] = field(default_factory=list)

    def send(self, data: bytes, sender: Address, to: Address, t_ns: int) -> None:
        self.carried += 1
        self.carried_bytes += len(data)
        if self._parted(sender, to):
            return
        copies = 2 if self.random.random() < self.faults.duplicated else 1
        for _ in range(copies):
            if self.random.random() >= self.faults.loss:
                due_ns = t_ns + self.faults.delay_ns + self._jitter_ns()
                item = (due_ns, self.carried, self._damaged(data), sender, to)
                heapq.heappush(self._under_way, item)

    def arrived(self, t_ns: int) -> Iterator[tuple[int, bytes, Address, Address]]:
        """When, what, from whom and to whom, of everything that is due."""
        while self._under_way and self._under_way[0][0] <= t_ns:
            due_ns, _, data, sender, to = heapq.heappop(self._under_way)
            yield due_ns, data, sender, to

    def _parted(self, a: Address, b: Address) -> bool:
        return any((a in side) != (b in side) for side in self.partitions)

    def _jitter_ns(self) -> int:
        return int(self.random.random() * self.faults.jitter_ns)

    def _damaged(self, data: bytes) -> bytes:
        if not data or self.random.random() >= self.faults.corrupted:
            return data
        bit = self.random.randrange(8 * len(data))
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        return bytes(damaged)
