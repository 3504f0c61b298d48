"""Many nodes and some coordinators in one process, on a computed network and computed time.

What the nodes sense is invented: a simulation shows what a mesh costs and survives, never how well
it senses. The code of nodes and coordinators is that of the daemons.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from airsonde.apps.mesh.coordinator import CoordinatorConfig, MeshCoordinator
from airsonde.apps.mesh.network import Faults, Network
from airsonde.apps.mesh.node import MeshNode, NodeConfig
from airsonde.apps.mesh.outgoing import Reach, Send
from airsonde.apps.mesh.senses import Senses
from airsonde.core.ids import NodeId
from airsonde.mesh.auth import HmacKey, KeyRing, Signer
from airsonde.mesh.features import BaselineWindow, MotionWindow
from airsonde.mesh.fence import Candidates, Fence
from airsonde.mesh.identity import Address, Source
from airsonde.mesh.model import NodeState, Refusal
from airsonde.mesh.observation import EnterState, RadioHealth, SetChannel
from airsonde.mesh.plane import Endpoint

TICK_NS: Final = 100_000_000
SECOND_NS: Final = 1_000_000_000
CHANNELS: Final = (1, 6, 11)
_STILL_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`signed`: whether nodes authenticate; clocks differ by up to `drift_ppm`.

    `rate_hz` is that of feature states, None: what a node's budget allows.
    `busy` is the share of time that each channel is occupied; a radio knows that of its own.
    """

    nodes: int = 50
    coordinators: int = 1
    room_size: int = 10
    signed: bool = True
    rate_hz: float | None = None
    drift_ppm: float = 50.0
    seed: int = 1
    busy: Mapping[int, float] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)


@dataclass(slots=True)
class SimNode:
    """A node, its address, its clock, and whether it is switched on."""

    mesh: MeshNode
    address: Address
    offset_ns: int
    rate: float
    channel: int = CHANNELS[0]
    calibrating_ns: int = 0
    on: bool = True

    def own_ns(self, t_ns: int) -> int:
        return self.offset_ns + int(t_ns * self.rate)


@dataclass(slots=True)
class SimCoordinator:
    mesh: MeshCoordinator
    address: Address
    cpu_s: float = 0.0
    on: bool = True


class Simulation:
    """`run` lets time pass; in between anything may be switched off, parted, looked at."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = Random(plan.seed)  # noqa: S311  (a simulation, not a secret)
        self.network = Network(self.random, plan.faults)
        self.t_ns = SECOND_NS
        self.nodes_cpu_s = 0.0
        key = HmacKey(1, bytes(range(32)))
        ids = [_id(b"C", i) for i in range(plan.coordinators)]
        self.coordinators = [
            SimCoordinator(self._coordinator(node, ids, key), _address(200, i))
            for i, node in enumerate(ids)
        ]
        self.nodes = [self._node(i, ids, key) for i in range(plan.nodes)]
        self._nodes = {node.address: node for node in self.nodes}
        addresses, size = list(self._nodes), plan.room_size
        self._rooms = {
            address: addresses[i // size * size : (i // size + 1) * size]
            for i, address in enumerate(addresses)
        }
        self._heads = {head.address: head for head in self.coordinators}

    def run(self, seconds: float) -> None:
        end_ns = self.t_ns + round(seconds * SECOND_NS)
        while self.t_ns < end_ns:
            self.t_ns += TICK_NS
            self._deliver()
            self._tick()

    @property
    def leaders(self) -> list[SimCoordinator]:
        return [c for c in self.coordinators if c.on and c.mesh.election.leads]

    def result(self) -> dict[str, Any]:
        """What came of it, as plain values."""
        leaders = self.leaders
        seconds = (self.t_ns - SECOND_NS) / SECOND_NS
        rooms = leaders[0].mesh.rooms.values() if leaders else ()
        refused = sum((c.mesh.endpoint.refused for c in self.coordinators), Counter[Refusal]())
        return {
            "nodes": len(self.nodes),
            "leaders": len(leaders),
            "rooms": len(rooms),
            "fresh_nodes": sum(desk.fused.fresh_nodes for desk in rooms if desk.fused),
            "roles": dict(Counter(node.mesh.role.name.lower() for node in self.nodes)),
            "states": dict(Counter(node.mesh.state.name.lower() for node in self.nodes)),
            "datagrams": self.network.carried,
            "datagram_bytes": self.network.carried_bytes,
            "refused": {str(reason): count for reason, count in refused.items()},
            "coordinator_cpu_share": round(
                max(c.cpu_s for c in self.coordinators) / max(seconds, 1e-9), 4
            ),
        }

    def _coordinator(self, node: NodeId, ids: list[NodeId], key: HmacKey) -> MeshCoordinator:
        config = CoordinatorConfig(channels=CHANNELS, room_of=self._room_of)
        return MeshCoordinator(node, self._endpoint(node, ids, key, signed=True), config)

    def _room_of(self, source: Source) -> str:
        node = source.node
        number = int.from_bytes(node[1:], "big") if isinstance(node, bytes) else node or 0
        return f"room {number // self.plan.room_size}"

    def _node(self, number: int, ids: list[NodeId], key: HmacKey) -> SimNode:
        node = _id(b"N", number)
        endpoint = self._endpoint(node, ids, key, signed=self.plan.signed)
        mesh = MeshNode(node, NodeConfig(number=number & 0xFF, rate_hz=self.plan.rate_hz), endpoint)
        drift = self.random.uniform(-1, 1) * self.plan.drift_ppm * 1e-6
        offset_ns = self.random.randrange(3600 * SECOND_NS)
        return SimNode(mesh, _address(number // 60_000, number % 60_000), offset_ns, 1 + drift)

    def _endpoint(self, node: NodeId, ids: list[NodeId], key: HmacKey, *, signed: bool) -> Endpoint:
        signer = Signer(node, 1, [key]) if signed else None
        return Endpoint(KeyRing([key]), signer=signer, fence=Fence(Candidates(ids)))

    def _deliver(self) -> None:
        for t_ns, data, sender, to in self.network.arrived(self.t_ns):
            if (head := self._heads.get(to)) is not None and head.on:
                begin_s = time.process_time()
                sends = head.mesh.receive(data, sender, t_ns)
                head.cpu_s += time.process_time() - begin_s
                self._send(sends, head.address)
            elif (node := self._nodes.get(to)) is not None and node.on:
                self._outputs(node, node.mesh.receive(data, sender, node.own_ns(t_ns)))

    def _tick(self) -> None:
        for head in self.coordinators:
            if head.on:
                begin_s = time.process_time()
                sends = head.mesh.tick(self.t_ns)
                head.cpu_s += time.process_time() - begin_s
                self._send(sends, head.address)
        begin_s = time.process_time()
        for node in self.nodes:
            if node.on:
                radio = self._radio(node)
                senses = self._senses(node)
                self._outputs(node, node.mesh.tick(node.own_ns(self.t_ns), senses, radio))
        self.nodes_cpu_s += time.process_time() - begin_s

    def _radio(self, node: SimNode) -> RadioHealth:
        here = node.channel
        busy = {here: self.plan.busy[here]} if here in self.plan.busy else {}
        return RadioHealth(open=True, pkt_yield=100.0, channel=here, bw_mhz=20, busy=busy)

    def _senses(self, node: SimNode) -> Senses:
        """Somebody walks for ten seconds, rests for ten; every node sees it a little otherwise."""
        moving = self.t_ns // (_STILL_S * SECOND_NS) % 2
        noise = self.random.uniform(-0.02, 0.02)
        return Senses(
            motion=MotionWindow(motion=0.8 * moving + noise, presence=0.9 + noise, coherence=0.9),
            baseline=BaselineWindow(env_shift=0.01, anomaly=0.0),
            calibrated=self.t_ns - node.calibrating_ns > 3 * SECOND_NS,
            heard=RadioHealth(open=True),
        )

    def _outputs(self, node: SimNode, outputs: Iterable[object]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self._send([output], node.address)
            elif isinstance(output, SetChannel):
                node.channel = output.channel
            elif isinstance(output, EnterState) and output.state is NodeState.CALIBRATION:
                node.calibrating_ns = self.t_ns

    def _send(self, sends: Iterable[Send], sender: Address) -> None:
        for send in sends:
            for address in self._reached(send.to, sender):
                if address != sender:
                    self.network.send(send.data, sender, address, self.t_ns)

    def _reached(self, to: Address | Reach, sender: Address) -> Iterable[Address]:
        """The peers of a node are its room and every coordinator."""
        match to:
            case Reach.UPSTREAM:
                return self._heads
            case Reach.PEERS:
                return (*self._heads, *self._rooms.get(sender, ()))
            case _:
                return (to,)


def _id(kind: bytes, number: int) -> NodeId:
    return NodeId(kind + number.to_bytes(7, "big"))


def _address(host: int, port: int) -> Address:
    return f"10.0.0.{host}", 5000 + port
