"""The endpoint of a program: its keys, its memory, its policy."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass

from airsonde.apps.mesh.keys import MeshKeys
from airsonde.apps.mesh.memory import Memory
from airsonde.core.errors import ConfigError
from airsonde.core.ids import NodeId
from airsonde.mesh.auth import Signer
from airsonde.mesh.fence import Candidates, Fence
from airsonde.mesh.identity import Address
from airsonde.mesh.plane import Endpoint, Level, Policy
from airsonde.mesh.replay import ReplayGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a program is told about the mesh it belongs to."""

    candidates: tuple[NodeId, ...] = ()
    level: Level = Level.ENFORCING
    take_unproven: bool = True


def make_endpoint(keys: MeshKeys, memory: Memory, membership: Membership) -> Endpoint:
    """Signs where there are keys; remembers what it accepted before."""
    policy = Policy(
        level=membership.level,
        ed25519=keys.wants_ed25519,
        take_unproven=membership.take_unproven,
    )
    candidates = Candidates(membership.candidates)
    fence = Fence(candidates, memory.epoch, candidates.owner(memory.epoch))
    replay = ReplayGuard()
    replay.restore(memory.marks)
    signer = Signer(memory.node, memory.boot_epoch, keys.signing) if keys.signing else None
    return Endpoint(ring=keys.ring, policy=policy, signer=signer, fence=fence, replay=replay)


def parse_address(text: str, port: int) -> Address:
    """`HOST[:PORT]`, resolved to IPv4. Raises ConfigError."""
    host, colon, given = text.rpartition(":")
    if not colon:
        host, given = text, str(port)
    if not given.isdecimal() or not 0 < int(given) < 65_536 or not host:
        raise ConfigError(f"{text!r} is no HOST[:PORT]")
    try:
        return socket.gethostbyname(host), int(given)
    except (OSError, UnicodeError):
        raise ConfigError(f"{host!r} has no IPv4 address") from None


def parse_addresses(texts: Iterable[str], port: int) -> tuple[Address, ...]:
    return tuple(parse_address(text, port) for text in texts)
