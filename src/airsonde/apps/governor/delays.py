"""Delay measured passively: what queues add to this host's TCP flows, how the gateway answers."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.backlog import Waiting
from airsonde.drivers.linux.gateway import Gateway
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.probe import ArpProbe, EchoProbe, Probe
from airsonde.drivers.linux.sockdiag import TcpFlow
from airsonde.link.blame import FRAME_BYTES

HALF_LIFE_MS = 200.0
RECENT_MS = 1000
SENDING_MS = 200
BULK_BYTES = 100_000
SILENT_ECHOES = 3


def added_delay_ms(flows: Sequence[TcpFlow], local: Collection[bytes]) -> float | None:
    """Mean of `rtt - min_rtt` of the flows that sent lately, in ms; None where none did.

    A flow weighs half as much for each 200 ms since it sent; one that sent nothing within a
    second, and one whose peer is this host, say nothing.
    """
    weighed = [
        (0.5 ** (flow.since_sent_ms / HALF_LIFE_MS), (flow.rtt_us - flow.min_rtt_us) / 1000)
        for flow in flows
        if flow.min_rtt_us is not None
        and flow.since_sent_ms <= RECENT_MS
        and not (flow.app_limited and not flow.unacked and flow.since_sent_ms > HALF_LIFE_MS)
        and flow.peer not in local
    ]
    total = sum(weight for weight, _ in weighed)
    return sum(w * max(0.0, ms) for w, ms in weighed) / total if total else None


def bulk_delay_ms(flows: Sequence[TcpFlow], local: Collection[bytes]) -> float | None:
    """Mean of `rtt - min_rtt` of the flows that send much and right now; None without any."""
    added = [
        (flow.rtt_us - flow.min_rtt_us) / 1000
        for flow in flows
        if flow.min_rtt_us is not None
        and flow.bytes_acked > BULK_BYTES
        and flow.unacked
        and flow.since_sent_ms < SENDING_MS
        and flow.peer not in local
    ]
    return max(0.0, sum(added) / len(added)) if added else None


class Acknowledged:
    """What the peers of all flows together have acknowledged since the first look."""

    def __init__(self) -> None:
        self._counts: dict[tuple[bytes, int, bytes, int], int] = {}
        self._total: int | None = None

    def push(self, flows: Sequence[TcpFlow], local: Collection[bytes]) -> int:
        """Bytes; a flow that ended keeps what it counted last."""
        now = {
            (flow.local, flow.local_port, flow.peer, flow.peer_port): flow.bytes_acked
            for flow in flows
            if flow.peer not in local
        }
        new = sum(max(0, count - self._counts.get(flow, 0)) for flow, count in now.items())
        self._total = 0 if self._total is None else self._total + new
        self._counts = now
        return self._total


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsLook:
    """What the flows of one interface say at one moment."""

    added_ms: float | None
    bulk_ms: float | None
    acked_bytes: int


class FlowsView:
    """Follows the flows of one interface."""

    def __init__(self) -> None:
        self._acknowledged = Acknowledged()

    def look(self, flows: Sequence[TcpFlow], local: Collection[bytes]) -> FlowsLook:
        return FlowsLook(
            added_ms=added_delay_ms(flows, local),
            bulk_ms=bulk_delay_ms(flows, local),
            acked_bytes=self._acknowledged.push(flows, local),
        )


def tin_delay_ms(queue: Waiting | None) -> float | None:
    """How long what waits in our CAKE takes at its rate, in ms; None where no such CAKE stands.

    A packet more is counted for each bulk flow: its peer acknowledges every second one. The tins'
    own average is too low for bulk flows, as `python -m bench.bloat` shows on a kernel.
    """
    if queue is None:
        return None
    waiting = queue.backlog_bytes + queue.bulk_flows * FRAME_BYTES
    return waiting * 8e3 / queue.bandwidth_bit_s


class GatewayDelay:
    """Asks one interface's gateway in the background; every answer is handed out once.

    `heard` is called when one came.
    """

    def __init__(self, interface: Interface, heard: Callable[[], None]) -> None:
        self._interface = interface
        self._heard = heard
        self._asked_s = float("-inf")
        self._gateway: Gateway | None = None
        self._probe: Probe | None = None
        self._asking: asyncio.Task[None] | None = None
        self._answer_ms: float | None = None
        self._open_since_s: float | None = None
        self._silent = 0

    def of(self, gateway: Gateway | None) -> None:
        """The gateway to ask from now on."""
        if gateway != self._gateway:
            self.close()
            self._gateway, self._silent = gateway, 0

    def ask(self, spacing_s: float) -> None:
        """Ask that long after the last question, unless that is still open."""
        if self._gateway is not None and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._ask(self._gateway, spacing_s))

    def take_ms(self) -> float | None:
        """The newest answer, None where it was taken or none came."""
        answer, self._answer_ms = self._answer_ms, None
        return answer

    @property
    def waits_ms(self) -> float | None:
        """How long an answer is out by now, None where none is."""
        since_s = self._open_since_s
        return None if since_s is None else (time.monotonic() - since_s) * 1e3

    def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        if self._probe is not None:
            self._probe.close()
        self._probe = self._asking = self._answer_ms = self._open_since_s = None

    async def _ask(self, gateway: Gateway, spacing_s: float) -> None:
        await asyncio.sleep(self._asked_s + spacing_s - time.monotonic())
        self._asked_s = time.monotonic()
        with suppress(DriverError):
            if self._probe is None:
                self._probe = self._opened(gateway)
            self._open_since_s = self._asked_s
            rtt_ns = await self._probe.rtt_ns()
            self._open_since_s = None
            self._note(rtt_ns, gateway)

    def _note(self, rtt_ns: int | None, gateway: Gateway) -> None:
        if rtt_ns is not None:
            self._answer_ms = rtt_ns / 1e6
            self._heard()
        self._silent = self._silent + 1 if rtt_ns is None else 0
        other = self._silent >= SILENT_ECHOES and ":" not in gateway.address
        if other and isinstance(self._probe, EchoProbe):
            self._probe.close()
            self._probe = None

    def _opened(self, gateway: Gateway) -> Probe:
        if self._silent >= SILENT_ECHOES:
            return ArpProbe.open(self._interface, gateway.address)
        return EchoProbe.open(self._interface, gateway.address)
