"""A mesh socket in an event loop: datagrams in as they come, datagrams out to whom they reach."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from airsonde.apps.mesh.outgoing import Reach, Send
from airsonde.drivers.transport.mesh_udp import Datagrams, MeshSocket
from airsonde.mesh.identity import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Addresses that are known beforehand; a multicast group is an address among `peers`."""

    upstream: Sequence[Address] = ()
    peers: Sequence[Address] = ()

    def of(self, to: Address | Reach) -> Iterator[Address]:
        match to:
            case Reach.UPSTREAM:
                yield from self.upstream
            case Reach.PEERS:
                yield from dict.fromkeys((*self.peers, *self.upstream))
            case _:
                yield to


class Post:
    """Reads one block a wake, so that a flood cannot keep the loop from its other work."""

    def __init__(self, socket: MeshSocket, neighbours: Neighbours) -> None:
        self.socket = socket
        self.neighbours = neighbours
        self.unsent = 0

    def begin(self, received: Callable[[Datagrams, int], Iterable[Send]]) -> None:
        """Give every block, with the time it was read at, and send what is answered."""

        def readable() -> None:
            block = self.socket.take()
            if len(block):
                self.send(received(block, time.monotonic_ns()))

        asyncio.get_running_loop().add_reader(self.socket, readable)

    def send(self, sends: Iterable[Send]) -> None:
        """Each datagram goes to an address once, whether it is known beforehand, by now or both."""
        for data, same in groupby(sends, key=lambda send: send.data):
            reached = (address for send in same for address in self.neighbours.of(send.to))
            for address in dict.fromkeys(reached):
                if not self.socket.send(data, address):
                    self.unsent += 1

    def end(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()
