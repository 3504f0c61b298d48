"""A coordinator under load: `python -m bench.mesh_scale [--rate 100000] [--seconds 60]`.

Feature states come over loopback from another process, 256 nodes a socket. What was sent must have
been taken, and resident memory must not grow. Then a whole mesh (nodes, roles, plans, fusion, an
authenticated coordinator) is computed for more and more nodes.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import time
from typing import Final

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from airsonde.apps.mesh.coordinator import CoordinatorConfig, MeshCoordinator
from airsonde.apps.mesh.outgoing import Send
from airsonde.apps.mesh.post import Neighbours, Post
from airsonde.apps.mesh.simulation import Plan, Simulation
from airsonde.core.ids import NodeId
from airsonde.drivers.transport.mesh_udp import Datagrams, MeshSocket
from airsonde.mesh.auth import HmacKey, KeyRing, Signer
from airsonde.mesh.batch import RECORD, encode_feature_states
from airsonde.mesh.feature_state import SIZE
from airsonde.mesh.fence import Candidates, Fence
from airsonde.mesh.identity import Source
from airsonde.mesh.model import AuthClass
from airsonde.mesh.plane import Endpoint
from bench.live_udp import resident_kb
from bench.table import Row, print_table

RATE: Final = 100_000
SECONDS: Final = 60.0
SOCKETS: Final = 40
NODES_A_SOCKET: Final = 256
TICK_S: Final = 0.002
KEY: Final = HmacKey(1, bytes(range(32)))


def send(port: int, rate: int, seconds: float, *, signed: bool) -> None:
    """Every node in turn, on a 2 ms tick, catching up when late; print how many went out."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SOCKETS)]
    for sock in sockets:
        sock.connect(("127.0.0.1", port))
    units = _units()
    sends = [sockets[i // NODES_A_SOCKET].send for i in range(len(units))]
    signers = [Signer(NodeId(b"B" + i.to_bytes(7, "big")), 1, [KEY]) for i in range(len(units))]
    begin, sent, total = time.perf_counter(), 0, round(rate * seconds)
    while sent < total:
        due = min(total, int((time.perf_counter() - begin) * rate))
        for i in range(sent, due):
            row = i % len(units)
            data = units[row]
            sends[row](signers[row].sign(data, AuthClass.HMAC) if signed else data)
        sent = max(sent, due)
        time.sleep(TICK_S)
    print(sent)


def _units() -> list[bytes]:
    """One feature state of every node."""
    count = SOCKETS * NODES_A_SOCKET
    records = np.zeros(count, dtype=RECORD)
    records["node_id"] = np.arange(count) % NODES_A_SOCKET
    records["presence_score"], records["node_coherence"] = 0.9, 0.9
    data = encode_feature_states(records)
    return [data[i : i + SIZE] for i in range(0, len(data), SIZE)]


class _Counted:
    """A coordinator whose states are counted as they come, whichever way they take."""

    def __init__(self, coordinator: MeshCoordinator, socket_: MeshSocket) -> None:
        self.coordinator = coordinator
        self._socket = socket_
        self.taken = 0

    def received(self, block: Datagrams, now_ns: int) -> list[Send]:
        refused = self.coordinator.endpoint.refused.total()
        out = self.coordinator.receive_block(
            block.data, block.sizes, block.peers, now_ns, self._socket.address
        )
        self.taken += len(block) - (self.coordinator.endpoint.refused.total() - refused)
        return out


async def ingest(
    rate: int, seconds: float, *, signed: bool
) -> tuple[int, int, int, list[int], float]:
    """Sent, taken, dropped by the kernel, resident kB each second, CPU seconds."""
    node = NodeId(b"coord-01")
    endpoint = Endpoint(KeyRing([KEY]), signer=Signer(node, 1, [KEY]),
                        fence=Fence(Candidates([node])))  # fmt: skip
    config = CoordinatorConfig(room_of=_room_of)
    post = Post(MeshSocket.bind("127.0.0.1", 0), Neighbours())
    counted = _Counted(MeshCoordinator(node, endpoint, config), post.socket)
    post.begin(counted.received)
    sender = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.mesh_scale", "--send-to", str(post.socket.port)),
        *("--rate", str(rate), "--seconds", str(seconds), *(["--signed"] if signed else [])),
        stdout=subprocess.PIPE,
    )
    resident: list[int] = []
    begin_s, cpu_s = time.perf_counter(), time.process_time()

    async def tick() -> None:
        while True:
            post.send(counted.coordinator.tick(time.monotonic_ns()))
            counted.coordinator.happenings.take()
            if time.perf_counter() - begin_s > len(resident) + 1:
                resident.append(resident_kb())
            await asyncio.sleep(0.05)

    ticking = asyncio.create_task(tick())
    printed, _ = await sender.communicate()
    await asyncio.sleep(1.0)
    cpu_s = time.process_time() - cpu_s
    ticking.cancel()
    lost = post.socket.lost or 0
    post.end()
    return int(printed), counted.taken, lost, resident, cpu_s


def _room_of(source: Source) -> str:
    """Rooms of ten."""
    node = source.node
    if isinstance(node, bytes):
        return f"room {int.from_bytes(node[1:], 'big') // 10}"
    return f"room {source.address[1] if source.address else 0}.{(node or 0) // 10}"


def ingest_rows(rate: int, seconds: float, *, signed: bool) -> list[Row]:
    sent, taken, lost, resident, cpu_s = asyncio.run(ingest(rate, seconds, signed=signed))
    growth_mb = (resident[-1] - resident[len(resident) // 3]) / 1024
    name = "authenticated" if signed else "bare"
    return [
        Row(
            name=f"{name} feature states, {sent / seconds:.0f}/s for {seconds:.0f} s: lost (share)",
            figures=f"{sent - taken} of {sent} ({lost} in the kernel), {cpu_s / seconds:.0%} of a"
            f" core, {cpu_s / max(1, taken) * 1e6:.1f} µs a state",
            ratio=(sent - taken) / sent,
            at_most=0.0,
        ),
        Row(
            name=f"{name}: resident memory, growth over the last two thirds (MB)",
            figures=f"{resident[-1] // 1024} MB at the end",
            ratio=growth_mb,
            at_most=4.0,
        ),
    ]


def mesh_row(nodes: int, *, signed: bool, rate_hz: float, at_most: float | None = 1.0) -> Row:
    """The coordinator's share of a core once everybody has a role, over the last seconds."""
    simulation = Simulation(Plan(nodes=nodes, signed=signed, rate_hz=rate_hz))
    simulation.run(9)
    head = simulation.coordinators[0]
    before_s = head.cpu_s
    simulation.run(4)
    share = (head.cpu_s - before_s) / 4
    how = f"{'all signed' if signed else 'unsigned'}, {rate_hz:g} Hz"
    return Row(
        name=f"{nodes} nodes, {how}: share of a core",
        figures=f"{share:.1%} of a core, {share / nodes * 1e6:.0f} µs a node and second",
        ratio=share,
        at_most=at_most,
    )


def rows(rate: int = RATE, seconds: float = SECONDS) -> list[Row]:
    return [
        *ingest_rows(rate, seconds, signed=False),
        *ingest_rows(20_000, min(seconds, 20.0), signed=True),
        *(mesh_row(nodes, signed=True, rate_hz=3) for nodes in (10, 100, 1000, 10_000)),
        mesh_row(10_000, signed=False, rate_hz=5),
        mesh_row(5_000, signed=True, rate_hz=5),
        mesh_row(10_000, signed=True, rate_hz=5, at_most=None),  # 500 bytes a second and node
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--send-to", type=int)
    parser.add_argument("--signed", action="store_true")
    args = parser.parse_args()
    if args.send_to is not None:
        send(args.send_to, args.rate, args.seconds, signed=args.signed)
    else:
        print_table("A coordinator under load", rows(args.rate, args.seconds))


if __name__ == "__main__":
    main()
