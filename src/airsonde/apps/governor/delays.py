"""Delay measured passively: what queues add to this host's TCP flows, how the gateway answers."""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.gateway import Gateway
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.probe import ArpProbe, EchoProbe, Probe
from airsonde.drivers.linux.sockdiag import TcpFlow

HALF_LIFE_MS = 200.0
RECENT_MS = 1000
SILENT_ECHOES = 3


def added_delay_ms(flows: Iterable[TcpFlow], local: Collection[bytes]) -> float | None:
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


class GatewayDelay:
    """Asks one interface's gateway in the background; every answer is handed out once."""

    def __init__(self, interface: Interface) -> None:
        self._interface = interface
        self._gateway: Gateway | None = None
        self._probe: Probe | None = None
        self._asking: asyncio.Task[None] | None = None
        self._answer_ms: float | None = None
        self._silent = 0

    def of(self, gateway: Gateway | None) -> None:
        """The gateway to ask from now on."""
        if gateway != self._gateway:
            self.close()
            self._gateway, self._silent = gateway, 0

    def ask(self) -> None:
        """Ask, unless the last question is still open."""
        if self._gateway is not None and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._ask(self._gateway))

    def take_ms(self) -> float | None:
        """The newest answer, None where it was taken or none came."""
        answer, self._answer_ms = self._answer_ms, None
        return answer

    def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        if self._probe is not None:
            self._probe.close()
        self._probe = self._asking = self._answer_ms = None

    async def _ask(self, gateway: Gateway) -> None:
        with suppress(DriverError):
            if self._probe is None:
                self._probe = self._opened(gateway)
            rtt_ns = await self._probe.rtt_ns()
            self._note(rtt_ns, gateway)

    def _note(self, rtt_ns: int | None, gateway: Gateway) -> None:
        self._answer_ms = None if rtt_ns is None else rtt_ns / 1e6
        self._silent = self._silent + 1 if rtt_ns is None else 0
        other = self._silent >= SILENT_ECHOES and ":" not in gateway.address
        if other and isinstance(self._probe, EchoProbe):
            self._probe.close()
            self._probe = None

    def _opened(self, gateway: Gateway) -> Probe:
        if self._silent >= SILENT_ECHOES:
            return ArpProbe.open(self._interface, gateway.address)
        return EchoProbe.open(self._interface, gateway.address)
