"""A node or a coordinator put together from what a person said of it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from airsonde.apps.mesh.coordinator import ONE_ROOM, CoordinatorConfig, MeshCoordinator
from airsonde.apps.mesh.coordinator_daemon import CoordinatorDaemon
from airsonde.apps.mesh.endpoints import (
    Membership,
    make_endpoint,
    parse_address,
    parse_addresses,
)
from airsonde.apps.mesh.folders import keys_folder, state_folder
from airsonde.apps.mesh.keys import KeyFolder, MeshKeys
from airsonde.apps.mesh.memory import Memory
from airsonde.apps.mesh.node import MeshNode, NodeConfig
from airsonde.apps.mesh.node_daemon import NodeDaemon
from airsonde.apps.mesh.post import Neighbours, Post
from airsonde.apps.mesh.senses import SHAPE, CsiSenses
from airsonde.core.errors import ConfigError
from airsonde.core.ids import NodeId
from airsonde.csi.calibration import Calibration
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Pipeline
from airsonde.drivers.transport.mesh_udp import MeshSocket
from airsonde.mesh.identity import Address
from airsonde.mesh.model import LIVE, HealthFlag, parse_node_id
from airsonde.mesh.plane import Level
from airsonde.mesh.ports import RadioOps

PORT: Final = 5005


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is said of any mesh program: addresses as HOST[:PORT], ids as 16 hexadecimal digits."""

    listen: str
    state: Path | None = None
    keys: Path | None = None
    level: str = Level.ENFORCING.value
    node_id: str | None = None
    group: str | None = None
    candidates: Sequence[str] = ()
    peers: Sequence[str] = ()
    to: Sequence[str] = ()
    refuse_unauthenticated: bool = False
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What every mesh program is told; `group` is a multicast group, `seconds` None: no end."""

    listen: Address
    state: Path
    keys: MeshKeys
    membership: Membership
    neighbours: Neighbours
    node: NodeId | None = None
    group: str | None = None
    seconds: float | None = None

    def reaching(self, found: Sequence[Address]) -> "Program":
        """The same program with more coordinators to tell."""
        upstream = tuple(dict.fromkeys((*self.neighbours.upstream, *found)))
        return replace(self, neighbours=replace(self.neighbours, upstream=upstream))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensing:
    """A node's own: its radio, the frames that it measures, and how real those are."""

    radio: RadioOps
    frames: AsyncIterator[list[FrameBatch]]
    number: int | None = None
    rate_hz: float | None = None
    calibration: Calibration | None = None
    origin: HealthFlag = LIVE


def program_of(kind: str, wanted: Wanted) -> Program:
    """What was said, understood. Raises ConfigError with the remedy where that cannot work."""
    level = Level(wanted.level)
    peers = list(parse_addresses(wanted.peers, PORT))
    listen = _listen(wanted.listen)
    if wanted.group is not None:
        peers.append(parse_address(wanted.group, listen[1]))
    return Program(
        listen=listen,
        state=wanted.state or state_folder(kind),
        keys=_keys(KeyFolder(wanted.keys or keys_folder()), level),
        membership=Membership(
            candidates=tuple(parse_node_id(text) for text in wanted.candidates),
            level=level,
            take_unproven=not wanted.refuse_unauthenticated,
        ),
        neighbours=Neighbours(upstream=parse_addresses(wanted.to, PORT), peers=peers),
        node=None if wanted.node_id is None else parse_node_id(wanted.node_id),
        group=wanted.group,
        seconds=wanted.seconds,
    )


def coordinator_config(
    channels: Sequence[int], rooms: Mapping[NodeId, str], raw_for: Sequence[str]
) -> CoordinatorConfig:
    """`rooms` says where nodes stand that prove their id; all others share one room."""
    return CoordinatorConfig(
        channels=tuple(channels),
        room_of=lambda source: (
            rooms.get(source.node, ONE_ROOM) if isinstance(source.node, bytes) else ONE_ROOM
        ),
        raw_for=frozenset(parse_node_id(text) for text in raw_for),
    )


def make_node(program: Program, sensing: Sensing) -> NodeDaemon:
    """Bound, but not running yet. Raises AirsondeError when that cannot be."""
    memory = Memory(program.state, program.node)
    number = memory.node[0] if sensing.number is None else sensing.number
    node = MeshNode(
        memory.node,
        NodeConfig(number=number, rate_hz=sensing.rate_hz, origin=sensing.origin),
        make_endpoint(program.keys, memory, program.membership),
    )
    senses = CsiSenses(Pipeline("mesh", shape=SHAPE, calibration=sensing.calibration))
    return NodeDaemon(node, _post(program), sensing.radio, senses, memory)


def make_coordinator(program: Program, config: CoordinatorConfig) -> CoordinatorDaemon:
    """Bound, but not running yet. Raises AirsondeError when that cannot be."""
    memory = Memory(program.state, program.node)
    membership = program.membership
    if not membership.candidates:
        membership = replace(membership, candidates=(memory.node,))
    endpoint = make_endpoint(program.keys, memory, membership)
    coordinator = MeshCoordinator(memory.node, endpoint, config)
    return CoordinatorDaemon(coordinator, _post(program), memory, program.state)


def _listen(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise ConfigError(f"{text!r} is no [HOST:]PORT")
    return host or "0.0.0.0", int(port)  # noqa: S104  (nodes send from anywhere)


def _keys(folder: KeyFolder, level: Level) -> MeshKeys:
    """Enforcing needs keys; permissive takes them where there are any."""
    return folder.require() if level is Level.ENFORCING else folder.read()


def _post(program: Program) -> Post:
    host, port = program.listen
    return Post(MeshSocket.bind(host, port, group=program.group), program.neighbours)
