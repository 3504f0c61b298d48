"""What mesh programs send, and to whom."""

from dataclasses import dataclass
from enum import Enum

from airsonde.mesh.identity import Address


class Reach(Enum):
    """UPSTREAM: the coordinators; PEERS: every node and coordinator that is known."""

    UPSTREAM = "upstream"
    PEERS = "peers"


@dataclass(frozen=True, slots=True)
class Send:
    data: bytes
    to: Address | Reach
