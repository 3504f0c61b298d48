"""CAKE's options and statistics as they stand in netlink (linux/pkt_sched.h)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

_Mode = TypeVar("_Mode", bound=IntEnum)


class Diffserv(IntEnum):
    DIFFSERV3 = 0
    DIFFSERV4 = 1
    DIFFSERV8 = 2
    BESTEFFORT = 3
    PRECEDENCE = 4


class Flows(IntEnum):
    """Among whom the bandwidth is divided fairly."""

    FLOWBLIND = 0
    SRCHOST = 1
    DSTHOST = 2
    HOSTS = 3
    FLOWS = 4
    DUAL_SRCHOST = 5
    DUAL_DSTHOST = 6
    TRIPLE_ISOLATE = 7


class AckFilter(IntEnum):
    OFF = 0
    ON = 1
    AGGRESSIVE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cake:
    """How a CAKE queue should stand, every option said: a replacement keeps what it does not name.

    `bandwidth_bit_s` None means unlimited; the kernel keeps whole bytes per second.
    """

    bandwidth_bit_s: int | None
    diffserv: Diffserv = Diffserv.BESTEFFORT
    flows: Flows = Flows.TRIPLE_ISOLATE
    nat: bool = True
    wash: bool = False
    ack_filter: AckFilter = AckFilter.OFF
    ingress: bool = False
    split_gso: bool = True
    rtt_us: int = 100_000
    overhead_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tin:
    """One priority of a CAKE queue since it was set up; delays are of the last moments."""

    sent_packets: int
    sent_bytes: int
    dropped_packets: int
    marked_packets: int
    backlog_bytes: int
    peak_delay_us: int
    average_delay_us: int
    base_delay_us: int
    sparse_flows: int
    bulk_flows: int
    unresponsive_flows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CakeState:
    cake: Cake
    tins: tuple[Tin, ...]
    memory_used_bytes: int


def options(cake: Cake) -> dict[str, Any]:
    """The attributes of TCA_OPTIONS."""
    bandwidth = 0 if cake.bandwidth_bit_s is None else max(1, cake.bandwidth_bit_s // 8)
    attrs = [
        ["TCA_CAKE_BASE_RATE64", bandwidth],
        ["TCA_CAKE_DIFFSERV_MODE", int(cake.diffserv)],
        ["TCA_CAKE_FLOW_MODE", int(cake.flows)],
        ["TCA_CAKE_NAT", int(cake.nat)],
        ["TCA_CAKE_WASH", int(cake.wash)],
        ["TCA_CAKE_ACK_FILTER", int(cake.ack_filter)],
        ["TCA_CAKE_INGRESS", int(cake.ingress)],
        ["TCA_CAKE_SPLIT_GSO", int(cake.split_gso)],
        ["TCA_CAKE_RTT", cake.rtt_us],
        # without an overhead of ours CAKE counts what the device puts on the wire
        ["TCA_CAKE_OVERHEAD", cake.overhead_bytes] if cake.overhead_bytes else ["TCA_CAKE_RAW", 0],
    ]
    return {"attrs": attrs}


def decode(options: Any, statistics: Any) -> CakeState:
    """What the kernel answers for a CAKE queue: its TCA_OPTIONS and the queue's statistics.

    What an older kernel does not tell is taken as zero, an unknown mode as the default.
    """
    got = _plain(options)
    rate = got.get("TCA_CAKE_BASE_RATE64", 0)
    cake = Cake(
        bandwidth_bit_s=rate * 8 if rate else None,
        diffserv=_mode(Diffserv, got.get("TCA_CAKE_DIFFSERV_MODE", 0), Diffserv.DIFFSERV3),
        flows=_mode(Flows, got.get("TCA_CAKE_FLOW_MODE", 7), Flows.TRIPLE_ISOLATE),
        nat=bool(got.get("TCA_CAKE_NAT", 0)),
        wash=bool(got.get("TCA_CAKE_WASH", 0)),
        ack_filter=_mode(AckFilter, got.get("TCA_CAKE_ACK_FILTER", 0), AckFilter.OFF),
        ingress=bool(got.get("TCA_CAKE_INGRESS", 0)),
        split_gso=bool(got.get("TCA_CAKE_SPLIT_GSO", 0)),
        rtt_us=got.get("TCA_CAKE_RTT", 0),
        overhead_bytes=got.get("TCA_CAKE_OVERHEAD", 0),
    )
    told = _plain(statistics)
    tins = [
        _tin(_plain(tin))
        for name, tin in _plain(told.get("TCA_CAKE_STATS_TIN_STATS")).items()
        if name.startswith("TCA_CAKE_TIN_STATS_")
    ]
    return CakeState(
        cake=cake,
        tins=tuple(tins),
        memory_used_bytes=told.get("TCA_CAKE_STATS_MEMORY_USED", 0),
    )


def _tin(told: Mapping[str, Any]) -> Tin:
    def count(name: str) -> int:
        return int(told.get(f"TCA_CAKE_TIN_STATS_{name}", 0))

    return Tin(
        sent_packets=count("SENT_PACKETS"),
        sent_bytes=count("SENT_BYTES64"),
        dropped_packets=count("DROPPED_PACKETS"),
        marked_packets=count("ECN_MARKED_PACKETS"),
        backlog_bytes=count("BACKLOG_BYTES"),
        peak_delay_us=count("PEAK_DELAY_US"),
        average_delay_us=count("AVG_DELAY_US"),
        base_delay_us=count("BASE_DELAY_US"),
        sparse_flows=count("SPARSE_FLOWS"),
        bulk_flows=count("BULK_FLOWS"),
        unresponsive_flows=count("UNRESPONSIVE_FLOWS"),
    )


def _plain(attributes: Any) -> dict[str, Any]:
    """Attributes of a netlink answer by name."""
    return {} if attributes is None else dict(attributes["attrs"])


def _mode(kind: type[_Mode], value: int, otherwise: _Mode) -> _Mode:
    return kind(value) if value in set(kind) else otherwise
