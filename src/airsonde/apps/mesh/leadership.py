"""What the coordinator that leads sends: claims, the orders of the rooms' plans, grants."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from airsonde.apps.mesh.events import Happenings
from airsonde.apps.mesh.outgoing import Reach, Send
from airsonde.apps.mesh.room_desk import RoomDesk
from airsonde.apps.mesh.roster import NodeEntry
from airsonde.core.ids import NodeId
from airsonde.mesh import orders
from airsonde.mesh.identity import Address
from airsonde.mesh.messages import Body, RoleAssign
from airsonde.mesh.model import NodeRole
from airsonde.mesh.plane import Endpoint
from airsonde.mesh.planner import Calibrate, PlanAction


@dataclass(slots=True)
class Leadership:
    """`raw_for`: nodes whose raw stream is opened, once; it ends by itself."""

    node: NodeId
    endpoint: Endpoint
    happenings: Happenings
    raw_for: frozenset[NodeId] = frozenset()
    _granted: set[NodeId] = field(default_factory=set)

    def claim(self, epoch: int, to: Iterable[Address | Reach]) -> list[Send]:
        """Renew the lease with some."""
        body = orders.claim(self.node, epoch)
        data = self.endpoint.send(body, role=NodeRole.COORDINATOR, epoch=epoch)
        return [Send(data, address) for address in to]

    def step(
        self, nodes: Sequence[NodeEntry], desk_of: Callable[[str], RoomDesk], now_ns: int
    ) -> list[Send]:
        """Once a second: the lease with the nodes, and what has to change in their rooms."""
        out = self.claim(self.endpoint.fence.epoch, (entry.address for entry in nodes))
        by_room: dict[str, list[NodeEntry]] = {}
        for entry in nodes:
            by_room.setdefault(entry.room, []).append(entry)
        for name, entries in by_room.items():
            desk = desk_of(name)
            for action in desk.plan(entries, now_ns):
                out += self._order(action, desk, entries, now_ns)
        return [*out, *self._grants(nodes, now_ns)]

    def calibrate(self, nodes: list[NodeEntry], desk: RoomDesk, now_ns: int) -> list[Send]:
        """One calibration more than the room's plan has."""
        action = Calibrate(desk.planner.config.calibration_ms)
        return self._order(action, desk, nodes, now_ns)

    def _order(
        self, action: PlanAction, desk: RoomDesk, entries: list[NodeEntry], now_ns: int
    ) -> list[Send]:
        body = orders.order(
            action, epoch=self.endpoint.fence.epoch, anchor_time_us=desk.anchor_us(now_ns)
        )
        target = getattr(action, "node", None)
        told = [entry for entry in entries if target in {None, entry.source.node}]
        return self._tell(body, desk.name, told, now_ns)

    def _grants(self, nodes: Sequence[NodeEntry], now_ns: int) -> list[Send]:
        out: list[Send] = []
        for entry in nodes if self.raw_for else ():
            node, health = entry.source.node, entry.health
            wanted = isinstance(node, bytes) and node in self.raw_for - self._granted
            if isinstance(node, bytes) and wanted and health is not None:
                self._granted.add(node)
                body = orders.grant_raw(node, health.channel, epoch=self.endpoint.fence.epoch)
                out += self._tell(body, entry.room, [entry], now_ns)
        return out

    def _tell(self, body: Body, room: str, entries: Iterable[NodeEntry], now_ns: int) -> list[Send]:
        self.happenings.tell(now_ns, "order", room=room, **_words(body))
        data = self.endpoint.send(body, role=NodeRole.COORDINATOR)
        return [Send(data, entry.address) for entry in entries]


def _words(body: Body) -> dict[str, object]:
    """An order as an event log tells it."""
    if isinstance(body, RoleAssign):
        return {"node": body.target.hex(), "role": NodeRole(body.new_role).name.lower()}
    fields = body._asdict()
    return {name: v.hex() if isinstance(v, bytes) else v for name, v in fields.items()}
