"""A coordinator without I/O: datagrams and time in; datagrams, rooms and happenings out.

Every candidate listens to every node, so that whoever is elected knows the rooms already; only the
one that leads gives orders.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.apps.mesh.beat import Beat
from airsonde.apps.mesh.events import Happenings
from airsonde.apps.mesh.firmware_csi import FirmwareCsi
from airsonde.apps.mesh.intake import StateTable
from airsonde.apps.mesh.leadership import Leadership
from airsonde.apps.mesh.outgoing import Reach, Send
from airsonde.apps.mesh.room_desk import RoomDesk
from airsonde.apps.mesh.roster import NodeEntry, Roster
from airsonde.core.ids import NodeId
from airsonde.mesh.election import Claim, Election, ElectionAction, Follow, Heard, Tick
from airsonde.mesh.feature_state import FeatureState
from airsonde.mesh.identity import Address, Clash, Source
from airsonde.mesh.inbox import Inbox
from airsonde.mesh.messages import AnomalyAlert, Health, RoleAssign, TimeSync
from airsonde.mesh.model import AlertReason, NodeRole
from airsonde.mesh.packets import RawCsi
from airsonde.mesh.plane import Arrival, Endpoint

MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
ONE_ROOM: Final = "room"


def one_room(source: Source) -> str:  # noqa: ARG001  (every source is in it)
    """The plan of a house with one room."""
    return ONE_ROOM


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinatorConfig:
    """`room_of` says where a node stands, `channels` which the observers are spread over."""

    channels: tuple[int, ...] = ()
    room_of: Callable[[Source], str] = one_room
    raw_for: frozenset[NodeId] = frozenset()
    fuse_ns: int = 200 * MS_NS
    plan_ns: int = SECOND_NS
    most_clock_error_us: int = 20_000
    most_rooms: int = 4096


@dataclass(slots=True)
class MeshCoordinator:
    """Ask `tick` at least every 100 ms."""

    node: NodeId
    endpoint: Endpoint
    config: CoordinatorConfig = field(default_factory=CoordinatorConfig)
    roster: Roster = field(default_factory=Roster)
    rooms: dict[str, RoomDesk] = field(default_factory=dict)
    happenings: Happenings = field(default_factory=Happenings)
    states: StateTable = field(default_factory=StateTable)
    firmware: FirmwareCsi = field(default_factory=FirmwareCsi)
    election: Election = field(init=False)
    _inbox: Inbox = field(init=False)
    _leadership: Leadership = field(init=False)
    _fuse: Beat = field(init=False)
    _plan: Beat = field(init=False)

    def __post_init__(self) -> None:
        self.election = Election(self.node, self.endpoint.fence)
        self._inbox = Inbox(self.node)
        self._leadership = Leadership(
            self.node, self.endpoint, self.happenings, self.config.raw_for
        )
        self._fuse = Beat(self.config.fuse_ns)
        self._plan = Beat(self.config.plan_ns)

    def receive_block(
        self,
        data: NDArray[np.uint8],
        sizes: NDArray[np.int64],
        peers: NDArray[np.uint64],
        now_ns: int,
        address: Callable[[int], Address],
    ) -> list[Send]:
        """Datagrams as rows of an array; `address` turns an element of `peers` into one."""
        out: list[Send] = []
        rest = self.states.take(data, sizes, peers, now_ns)
        if not rest:
            return out
        senders = peers.tolist()
        for row in rest:
            out += self.receive(data[row, : sizes[row]].tobytes(), address(senders[row]), now_ns)
        return out

    def receive(self, data: bytes, peer: Address, now_ns: int) -> list[Send]:
        out: list[Send] = []
        for event in self.endpoint.receive(data, peer, now_ns):
            if isinstance(event, Clash):
                self._clash(event)
                continue
            self._arrived(event, data)
            if isinstance(event.body, RoleAssign):
                out += self._claimed(event)
        return out

    def tick(self, now_ns: int) -> list[Send]:
        """What is due now."""
        out = self._elect(self.election.step(Tick(t_ns=now_ns)), now_ns)
        if self._fuse.due(now_ns):
            self._fuse_rooms(now_ns)
        if self._plan.due(now_ns):
            self._look_after_nodes(now_ns)
            if self.election.leads:
                out += self._leadership.step(self._led(), self._desk, now_ns)
        return out

    def calibrate(self, room: str, now_ns: int) -> list[Send]:
        """Let the nodes of a room calibrate; nothing where none takes orders from here."""
        nodes = [entry for entry in self._led() if entry.room == room]
        if not (nodes and self.election.leads):
            return []
        return self._leadership.calibrate(nodes, self._desk(room), now_ns)

    def _led(self) -> list[NodeEntry]:
        """Who takes orders."""
        return [e for e in self.roster if e.proven and not (e.coordinator or e.dead)]

    def _arrived(self, arrival: Arrival, data: bytes) -> None:
        source, now_ns = arrival.source, arrival.t_ns
        entry = None if source.node is None else self._heard(source, arrival.peer, now_ns)
        if entry is None:
            return
        match arrival.body:
            case FeatureState() as state:
                self._feature_state(entry, state, now_ns)
                if arrival.role is None and not entry.proven:
                    self.states.admit(source, _packed(arrival.peer), state.node_id, now_ns)
            case RawCsi():
                self._raw_csi(entry, data, now_ns)
            case TimeSync(anchor_time_us=us):
                if entry.proven and arrival.role is NodeRole.ANCHOR:
                    self._desk(entry.room).anchor_said(us, now_ns)
            case _:
                self._note(entry, arrival.body, now_ns)

    def _note(self, entry: NodeEntry, body: object, now_ns: int) -> None:
        """What a node says of itself."""
        match body:
            case Health():
                entry.health = body
                if entry.proven and body.busy_share is not None:
                    self._desk(entry.room).survey.hear(body.channel, body.busy_share, now_ns)
                self._check_clock(entry, now_ns)
            case AnomalyAlert():
                self._alert(entry, body, now_ns)
            case _:
                pass

    def _raw_csi(self, entry: NodeEntry, data: bytes, now_ns: int) -> None:
        entry.raw_bytes += len(data)
        if not entry.proven:
            self.firmware.add(entry.source, data, now_ns)

    def _heard(self, source: Source, address: Address, now_ns: int) -> NodeEntry | None:
        known = self.roster.get(source)
        room = known.room if known else self.config.room_of(source)
        entry = self.roster.hear(source, address, room, now_ns)
        if entry is None:
            return None
        if known is None:
            self.happenings.tell(
                now_ns, "joined", node=entry.name, room=room, authenticated=entry.proven
            )
            if entry.proven:
                self.states.forget()
        elif entry.dead:
            entry.dead = False
            self.happenings.tell(now_ns, "back", node=entry.name)
        return entry

    def _feature_state(self, entry: NodeEntry, state: FeatureState, now_ns: int) -> None:
        entry.mode, entry.flags = state.mode, state.quality_flags
        if entry.source not in self.firmware:
            room = self._desk(entry.room).room
            room.hear(entry.source, state, now_ns, proven=entry.proven)

    def _desk(self, name: str) -> RoomDesk:
        desk = self.rooms.get(name)
        if desk is None:
            name = name if len(self.rooms) < self.config.most_rooms else ONE_ROOM
            desk = self.rooms.setdefault(name, RoomDesk(name, self.config.channels))
        return desk

    def _clash(self, clash: Clash) -> None:
        """Two nodes of one number: both stay, and somebody has to know."""
        here, other = (f"{host}:{port}" for host, port in (clash.address, clash.other))
        node = clash.node.hex() if isinstance(clash.node, bytes) else clash.node
        self.happenings.tell(clash.t_ns, "node id clash", node=node, address=here, other=other)

    def _alert(self, entry: NodeEntry, alert: AnomalyAlert, now_ns: int) -> None:
        known = alert.reason < len(AlertReason)
        self.happenings.tell(
            now_ns,
            "alert",
            node=entry.name,
            reason=AlertReason(alert.reason).name.lower() if known else alert.reason,
            severity=alert.severity,
            authenticated=entry.proven,
        )

    def _check_clock(self, entry: NodeEntry, now_ns: int) -> None:
        """Tell once when a node's clock is poor, and again after it was good in between."""
        error_us = entry.sync_error_us
        poor = error_us is not None and error_us > self.config.most_clock_error_us
        if poor and not entry.clock_told:
            self.happenings.tell(now_ns, "clock error", node=entry.name, error_us=error_us)
        entry.clock_told = poor

    def _fuse_rooms(self, now_ns: int) -> None:
        for newest in self.states.newest(now_ns):
            entry = self.roster.get(newest.source)
            if entry is not None:
                entry.heard_ns = newest.t_ns
                self._feature_state(entry, newest.state, newest.t_ns)
        for source, state in self.firmware.conclude(now_ns):
            entry = self.roster.get(source)
            if entry is not None:
                entry.flags = state.quality_flags
                self._desk(entry.room).room.hear(source, state, now_ns, proven=False)
        for desk in self.rooms.values():
            fused = desk.fuse(now_ns)
            if desk.changed:
                self.happenings.tell(
                    now_ns, "room", room=desk.name, occupied=fused.occupied, moving=fused.moving
                )

    def _look_after_nodes(self, now_ns: int) -> None:
        for entry in self.roster.silent(now_ns):
            self.happenings.tell(now_ns, "dead", node=entry.name)

    def _claimed(self, arrival: Arrival) -> list[Send]:
        """Another coordinator renews its lease."""
        out: list[Send] = []
        for order in self._inbox.step(arrival):
            if isinstance(order, Heard):
                entry = self.roster.get(arrival.source)
                if entry is not None:
                    entry.coordinator = True
                out += self._elect(self.election.step(order), arrival.t_ns)
        return out

    def _elect(self, actions: Iterable[ElectionAction], now_ns: int) -> list[Send]:
        out: list[Send] = []
        for action in actions:
            if isinstance(action, Follow):
                leader = action.leader.hex() if action.leader else None
                self.happenings.tell(now_ns, "leader", leader=leader, epoch=action.epoch)
            elif isinstance(action, Claim):
                others = [entry.address for entry in self.roster if entry.coordinator]
                out += self._leadership.claim(action.epoch, [Reach.PEERS, *others])
        return out


def _packed(address: Address) -> int:
    """IPv4 address · 2^16 + port."""
    host = int.from_bytes(bytes(map(int, address[0].split("."))), "big")
    return host << 16 | address[1]
