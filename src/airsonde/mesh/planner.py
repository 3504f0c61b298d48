"""Roles and channels of the nodes of one room, planned by its coordinator.

The rules: one anchor, on a channel that stays; observers spread over the least busy channels; at
most one of them moves at a time; who listens for breath keeps the quietest channel for its whole
window; calibration is a short burst on a quiet channel, then everybody is passive again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from airsonde.core.ids import NodeId
from airsonde.mesh.model import CaptureProfile, NodeRole

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerConfig:
    """`load` is what one observer adds to how busy a channel counts; `margin` makes a move pay."""

    load: float = 0.1
    margin: float = 0.05
    settle_ns: int = 5 * SECOND_NS
    calibration_ms: int = 5_000
    calibration_gap_ns: int = 600 * SECOND_NS
    quiet_busy: float = 0.5
    relay_every: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """What the coordinator knows of a node that is alive."""

    node: NodeId
    role: NodeRole
    channel: int
    profile: CaptureProfile = CaptureProfile.PASSIVE_LOW_RATE
    sync_error_us: int = 0
    better_observer: bool = False
    calibrated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """The nodes that are alive and how busy (0…1) each channel that may be used is."""

    t_ns: int
    nodes: Sequence[NodeView]
    busy: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Assign:
    node: NodeId
    role: NodeRole


@dataclass(frozen=True, slots=True)
class Move:
    node: NodeId
    channel: int


@dataclass(frozen=True, slots=True)
class Calibrate:
    duration_ms: int
    profile: CaptureProfile = CaptureProfile.CALIBRATION


PlanAction = Assign | Move | Calibrate


@dataclass(slots=True)
class Planner:
    """Feed it about once a second; it says only what has to change."""

    config: PlannerConfig = field(default_factory=PlannerConfig)
    anchor: NodeId | None = None
    _relays: set[NodeId] = field(default_factory=set)
    _windows: dict[NodeId, int] = field(default_factory=dict)
    _moving: Move | None = None
    _moved_ns: int = 0
    _calibrated_ns: int | None = None

    def step(self, room: RoomView, /) -> Sequence[PlanAction]:
        self._choose_anchor(room.nodes)
        self._choose_relays(room.nodes)
        roles = [
            Assign(view.node, role)
            for view in room.nodes
            if (role := self._role(view)) is not view.role
        ]
        return [*roles, *self._move(room), *self._calibrate(room)]

    def _choose_anchor(self, nodes: Sequence[NodeView]) -> None:
        """Keep the anchor while it is there and willing; else the best clock, the lowest id."""
        fit = [v for v in nodes if not v.better_observer and v.role is not NodeRole.COORDINATOR]
        fit = fit or [v for v in nodes if v.role is not NodeRole.COORDINATOR]
        if self.anchor in {v.node for v in fit}:
            return
        now = [v for v in fit if v.role is NodeRole.ANCHOR] or fit
        best = min(now, key=lambda v: (v.sync_error_us, v.node), default=None)
        self.anchor = best.node if best else None

    def _choose_relays(self, nodes: Sequence[NodeView]) -> None:
        """One of so many nodes, and the same ones as before while they are there."""
        able = {
            v.node for v in nodes if v.role is not NodeRole.COORDINATOR and v.node != self.anchor
        }
        self._relays &= able
        missing = len(nodes) // self.config.relay_every - len(self._relays)
        if missing > 0:
            self._relays |= set(sorted(able - self._relays)[:missing])

    def _role(self, view: NodeView) -> NodeRole:
        if view.role is NodeRole.COORDINATOR:
            return view.role
        if view.node == self.anchor:
            return NodeRole.ANCHOR
        return NodeRole.FUSION_RELAY if view.node in self._relays else NodeRole.OBSERVER

    def _move(self, room: RoomView) -> Sequence[Move]:
        """One move, when nobody else is moving: into a window, off a bad channel, or to spread."""
        self._open_windows(room)
        if not room.busy or self._still_moving(room):
            return ()
        free = [v for v in room.nodes if self._may_move(v)]
        move = self._into_window(room) or self._off_bad(room, free) or self._spread(room, free)
        if move is None:
            return ()
        self._moving, self._moved_ns = move, room.t_ns
        return (move,)

    def _open_windows(self, room: RoomView) -> None:
        """Note for who began to listen for breath which channel is the quietest now."""
        listening = {
            v.node
            for v in room.nodes
            if v.profile is CaptureProfile.RESP_HIGH_SENS and self._role(v) is NodeRole.OBSERVER
        }
        self._windows = {n: c for n, c in self._windows.items() if n in listening}
        if room.busy:
            quietest = min(room.busy, key=lambda channel: (room.busy[channel], channel))
            self._windows |= dict.fromkeys(listening - set(self._windows), quietest)

    def _into_window(self, room: RoomView) -> Move | None:
        """To the channel of its window, before which a node cannot stay on it."""
        for view in room.nodes:
            channel = self._windows.get(view.node, view.channel)
            if channel != view.channel:
                return Move(view.node, channel)
        return None

    def _still_moving(self, room: RoomView) -> bool:
        """Until the node is heard on its new channel, is gone, or had long enough."""
        if self._moving is None or room.t_ns - self._moved_ns >= self.config.settle_ns:
            return False
        there = {v.node: v.channel for v in room.nodes}
        return there.get(self._moving.node, self._moving.channel) != self._moving.channel

    def _may_move(self, view: NodeView) -> bool:
        return self._role(view) is NodeRole.OBSERVER and view.profile not in {
            CaptureProfile.RESP_HIGH_SENS,
            CaptureProfile.CALIBRATION,
        }

    def _off_bad(self, room: RoomView, free: Sequence[NodeView]) -> Move | None:
        """Off a channel on which nobody may measure any more."""
        strays = [v.node for v in free if v.channel not in room.busy]
        return Move(min(strays), self._best(room)) if strays else None

    def _spread(self, room: RoomView, free: Sequence[NodeView]) -> Move | None:
        """From the most to the least loaded channel."""
        load = self._load(room)
        sources = [v for v in free if v.channel in load]
        if not sources:
            return None
        worst = max(sources, key=lambda v: (load[v.channel], v.node))
        best = self._best(room)
        gain = load[worst.channel] - load[best] - self.config.load
        return Move(worst.node, best) if gain > self.config.margin else None

    def _load(self, room: RoomView) -> dict[int, float]:
        load = dict(room.busy)
        for view in room.nodes:
            if view.channel in load:
                load[view.channel] += self.config.load
        return load

    def _best(self, room: RoomView) -> int:
        load = self._load(room)
        return min(load, key=lambda channel: (load[channel], channel))

    def _calibrate(self, room: RoomView) -> Sequence[Calibrate]:
        """When a node needs it, nobody listens for breath, and the anchor's channel is quiet."""
        wanting = any(not view.calibrated for view in room.nodes)
        listening = any(v.profile is CaptureProfile.RESP_HIGH_SENS for v in room.nodes)
        anchor = next((v for v in room.nodes if v.node == self.anchor), None)
        if not wanting or listening or anchor is None or self._still_moving(room):
            return ()
        last_ns = self._calibrated_ns
        if last_ns is not None and room.t_ns - last_ns < self.config.calibration_gap_ns:
            return ()
        if room.busy.get(anchor.channel, 0.0) > self.config.quiet_busy:
            return ()
        self._calibrated_ns = room.t_ns
        return (Calibrate(self.config.calibration_ms),)
