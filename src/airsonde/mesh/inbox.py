"""What arrives at a node, turned into what it must do: the receive path that firmware lacks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from airsonde.core.ids import NodeId
from airsonde.mesh.election import Heard
from airsonde.mesh.identity import Address
from airsonde.mesh.messages import CalibrationStart, ChannelPlan, RoleAssign, TimeSync
from airsonde.mesh.model import EVERY_NODE, NodeRole
from airsonde.mesh.plane import Arrival

MOST_PENDING = 8


@dataclass(frozen=True, slots=True)
class Synchronise:
    """The anchor's clock said `anchor_ns` when this left it; it arrived at `t_ns` from `peer`."""

    t_ns: int
    anchor: NodeId
    anchor_ns: int
    peer: Address


@dataclass(frozen=True, slots=True)
class TellArrival:
    """A node at `peer` asks when its question arrived; it did at `t_ns`."""

    t_ns: int
    question: int
    peer: Address


@dataclass(frozen=True, slots=True)
class TakeArrival:
    """An own question arrived when the anchor's clock said `anchor_ns`."""

    anchor: NodeId
    question: int
    anchor_ns: int


@dataclass(frozen=True, slots=True)
class TakeRole:
    role: NodeRole


@dataclass(frozen=True, slots=True)
class TakePlan:
    channels: tuple[int, ...]
    dwell_ms: int
    raw_csi: bool


@dataclass(frozen=True, slots=True)
class TakeCalibration:
    start_ns: int
    duration_ms: int
    profile: int


Order = Heard | Synchronise | TellArrival | TakeArrival | TakeRole | TakePlan | TakeCalibration


@dataclass(slots=True)
class Inbox:
    """Orders for one node; an order whose epoch has not begun waits for it.

    Only proven arrivals drive it: an endpoint that is permissive passes others on marked, and
    `permissive` says that they are wanted here too.
    """

    node: NodeId
    permissive: bool = False
    _pending: list[tuple[int, Order]] = field(default_factory=list)

    def step(self, arrival: Arrival, /) -> Sequence[Order]:
        if not (arrival.proven or self.permissive):
            return ()
        out = list(self._orders(arrival))
        epoch = arrival.epoch or 0
        ready = [order for at, order in self._pending if at <= epoch]
        self._pending = [(at, order) for at, order in self._pending if at > epoch]
        return [*out, *ready]

    def _orders(self, arrival: Arrival) -> Sequence[Order]:
        match arrival.body:
            case TimeSync() as sync:
                return (self._time(arrival, sync),)
            case RoleAssign(target, role, at):
                return self._role(arrival, target, role, at)
            case ChannelPlan(target, dwell, raw, channels, at) if self._mine(target):
                return self._from(at, arrival, TakePlan(channels, dwell, bool(raw)))
            case CalibrationStart(t0, duration, at, profile):
                return self._from(at, arrival, TakeCalibration(t0 * 1000, duration, profile))
            case _:
                return ()

    def _time(self, arrival: Arrival, sync: TimeSync) -> Order:
        if arrival.role not in {NodeRole.ANCHOR, NodeRole.COORDINATOR}:
            return TellArrival(arrival.t_ns, sync.cycle_id, arrival.peer)
        sender = arrival.source.node
        anchor = sender if isinstance(sender, bytes) else EVERY_NODE
        anchor_ns = sync.anchor_time_us * 1000
        if sync.cycle_period_us == 0:
            return TakeArrival(anchor, sync.cycle_id, anchor_ns)
        return Synchronise(arrival.t_ns, anchor, anchor_ns, arrival.peer)

    def _role(self, arrival: Arrival, target: NodeId, role: int, at: int) -> Sequence[Order]:
        """A claim is a coordinator that assigns its role to itself."""
        sender = arrival.source.node
        if role == NodeRole.COORDINATOR:
            if sender == target and isinstance(sender, bytes):
                return (Heard(t_ns=arrival.t_ns, sender=target, epoch=arrival.epoch or 0),)
            return ()
        if not self._mine(target) or role >= len(NodeRole):
            return ()
        return self._from(at, arrival, TakeRole(NodeRole(role)))

    def _from(self, at: int, arrival: Arrival, order: Order) -> Sequence[Order]:
        if at <= (arrival.epoch or 0):
            return (order,)
        self._pending = [*self._pending, (at, order)][-MOST_PENDING:]
        return ()

    def _mine(self, target: NodeId) -> bool:
        return target in {self.node, EVERY_NODE}
