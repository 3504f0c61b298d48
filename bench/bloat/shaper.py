"""The latency loop on two queues of a real kernel and nothing else: what a daemon would compose.

It is told its interfaces (EGRESS, IFB), where CAKE stands (BASE_MBIT), the greatest rate
(MOST_MBIT) and a file to make when it works (READY) by the environment, never the network's rate.
It asks nobody but the gateway, and runs until SIGTERM.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from airsonde.drivers.linux.cake import Cake
from airsonde.drivers.linux.gateway import default_gateways
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.probe import EchoProbe, Probe
from airsonde.drivers.linux.rtnl import Rtnl
from airsonde.drivers.linux.sockdiag import SockDiag, TcpFlow
from airsonde.drivers.linux.tc import TrafficControl
from airsonde.link.latency import DelaySample, RateLoop

PERIOD_S = 0.05
SPAN_S = 0.15  # over which a carried rate is taken
SMOOTH = 0.4  # of a new answer: about as slow as the kernel's smoothed round trip
RECENT_MS = 200
BULK_BYTES = 100_000
WORTH_MS = 5.0  # less delay is not worth asking for the queue that may explain it
FRAME_BYTES, PAYLOAD_BYTES = 1514, 1448  # with TCP timestamps


class Growth:
    """The rate at which a counter of bytes has grown lately."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, float, float]] = deque()

    def push(self, count: float, late_ms: float = 0.0) -> float:
        """Mbit/s, 0 at first; `late_ms` is the delay on the way from where it was counted.

        What comes in while that delay falls has been counted over a longer time.
        """
        now_s, counts = time.monotonic(), self._counts
        counts.append((now_s, count, late_ms))
        while len(counts) > 2 and now_s - counts[0][0] > SPAN_S:
            counts.popleft()
        then_s, before, later_ms = counts[0]
        span_s = now_s - then_s + max(0.0, later_ms - late_ms) / 1e3
        return (count - before) * 8e-6 / span_s if span_s else 0.0


class Acknowledged:
    """What the peers of all connections together have acknowledged since the first look."""

    def __init__(self) -> None:
        self._bytes: dict[tuple[int, bytes, int], int] = {}
        self._total = 0

    def push(self, flows: Sequence[TcpFlow]) -> int:
        now = {(f.local_port, f.peer, f.peer_port): f.bytes_acked for f in flows}
        self._total += sum(max(0, count - self._bytes.get(key, 0)) for key, count in now.items())
        self._bytes = now
        return self._total


class GatewayDelay:
    """Delay of the way to the gateway and back, over the least one seen."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._empty_ms = float("inf")
        self.smooth_ms = 0.0

    async def follow(self) -> AsyncIterator[float]:
        """Each answer (ms); one question at a time."""
        while True:
            asked_s = time.monotonic()
            rtt_ns = await self._probe.rtt_ns()
            if rtt_ns is not None:
                self._empty_ms = min(self._empty_ms, rtt_ns / 1e6)
                added_ms = rtt_ns / 1e6 - self._empty_ms
                self.smooth_ms += SMOOTH * (added_ms - self.smooth_ms)
                yield added_ms
            await asyncio.sleep(max(0.0, asked_s + PERIOD_S - time.monotonic()))


class Queue:
    """One direction: a CAKE queue and the loop that holds its rate."""

    def __init__(self, control: TrafficControl, journal: Journal, where: Interface) -> None:
        self._control, self._journal, self._where = control, journal, where
        self._loop = RateLoop(start_mbit=float(os.environ["BASE_MBIT"]), behind=True)
        self._most_mbit = float(os.environ["MOST_MBIT"])
        self._stands_mbit: float | None = None

    async def push(self, delay_ms: float, carried_mbit: float) -> None:
        sample = DelaySample(t_ns=time.monotonic_ns(), delay_ms=delay_ms, carried_mbit=carried_mbit)
        mbit = self._loop.push(sample, self._most_mbit)
        if mbit != self._stands_mbit:
            cake = Cake(bandwidth_bit_s=round(mbit * 1e6), nat=False)
            await self._control.shape(self._journal, self._where, cake)
            self._stands_mbit = mbit

    async def own_delay_ms(self, flows: int) -> float:
        """How long what waits here takes at its rate, and a packet more of each of so many flows.

        A peer acknowledges every second packet: the first waits for the other's turn.
        """
        state = await self._control.cake(self._where)
        waiting = sum(tin.backlog_bytes for tin in state.tins) if state else 0
        return (waiting + flows * FRAME_BYTES) * 8e-3 / self._loop.applied_mbit


async def hold_down(gateway: GatewayDelay, queue: Queue, ifname: str) -> None:
    """What the interface receives has passed the bottleneck: its rate is the network's."""
    received = Growth()
    async for delay_ms in gateway.follow():
        await queue.push(delay_ms, received.push(received_bytes(ifname)))


async def hold_up(gateway: GatewayDelay, queue: Queue) -> None:
    """What is acknowledged has passed the bottleneck; CAKE's own queue is not the network's."""
    diag, total, acknowledged = SockDiag(), Acknowledged(), Growth()
    while True:
        flows = diag.flows()
        wire_bytes = total.push(flows) * FRAME_BYTES / PAYLOAD_BYTES
        carried_mbit = acknowledged.push(wire_bytes, gateway.smooth_ms)
        added_ms = bulk_delays_ms(flows)
        if added_ms:
            delay_ms = max(0.0, sum(added_ms) / len(added_ms) - gateway.smooth_ms)
            if delay_ms > WORTH_MS:
                delay_ms = max(0.0, delay_ms - await queue.own_delay_ms(len(added_ms)))
            await queue.push(delay_ms, carried_mbit)
        await asyncio.sleep(PERIOD_S)


def bulk_delays_ms(flows: Sequence[TcpFlow]) -> list[float]:
    """What queues add to each connection that sends much."""
    return [
        (f.rtt_us - f.min_rtt_us) / 1e3
        for f in flows
        if f.min_rtt_us is not None
        and f.bytes_acked > BULK_BYTES
        and f.unacked
        and f.since_sent_ms < RECENT_MS
    ]


def received_bytes(ifname: str) -> int:
    rows = (row.split(":") for row in Path("/proc/thread-self/net/dev").read_text().splitlines())
    (counts,) = (row[1] for row in rows if row[0].strip() == ifname)
    return int(counts.split()[0])


async def main() -> None:
    rtnl, egress = await Rtnl.open(), Interface.named(os.environ["EGRESS"])
    probe = EchoProbe.open(egress, (await default_gateways(rtnl))[0].address)
    gateway, control = GatewayDelay(probe), TrafficControl(rtnl)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    with tempfile.TemporaryDirectory() as state:
        journal = Journal.open(Path(state))
        up = Queue(control, journal, egress)
        down = Queue(control, journal, Interface.named(os.environ["IFB"]))
        tasks = (
            asyncio.create_task(hold_up(gateway, up)),
            asyncio.create_task(hold_down(gateway, down, egress.name)),
        )
        await asyncio.to_thread(Path(os.environ["READY"]).touch)
        stop = asyncio.create_task(ended.wait())
        done, _ = await asyncio.wait((*tasks, stop), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


if __name__ == "__main__":
    asyncio.run(main())
