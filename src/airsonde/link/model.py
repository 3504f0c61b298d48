"""What the governor sees of one interface, and what it may ask for."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from airsonde.core.channel import Band
from airsonde.core.ids import MacAddress
from airsonde.core.step import Setting

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bss:
    """One access point as a scan, or the link itself, knows it; an unknown is None."""

    bssid: MacAddress
    ssid: str | None
    freq_mhz: int | None
    signal_dbm: float | None
    seen_scan_id: int | None = None

    @property
    def band(self) -> Band | None:
        """Band of the centre of the primary channel; None outside 2.4, 5 and 6 GHz."""
        if self.freq_mhz is None:
            return None
        for band, low, high in _BANDS_MHZ:
            if low <= self.freq_mhz < high:
                return band
        return None


_BANDS_MHZ = ((Band.GHZ_2_4, 2400, 2500), (Band.GHZ_5, 4900, 5925), (Band.GHZ_6, 5925, 7126))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One interface at one moment; None is what the source cannot know.

    Packets, bytes, retries, datagrams and jiffies are cumulative counters. `tx_retries` counts
    repeated transmissions. `channel_busy` is the share of time (0..1) in which others held the
    channel. `gateway_waits_ms` is how long an answer of the gateway is out. `tcp_delay_ms` is what
    queues added to the flows of this host (rtt - min_rtt); `up_delay_ms` and `down_delay_ms` are
    the same by direction where the source can tell them apart. `bulk_delay_ms` is what all queues
    on the way added to the connections that send much, `queue_ms` how long what waits in our own
    queue takes, `acked_bytes` counts the payload that peers acknowledged. `udp_rx` and `udp_tx`
    count datagrams, `registered_games` clients of GameMode, `suspended_ns` the time this machine
    slept while it was observed; `t_ns` goes on meanwhile.
    """

    t_ns: int
    ifname: str
    kind: str = "wifi"
    driver: str | None = None
    bitrate_mbit: float | None = None
    rx_packets: int | None = None
    tx_packets: int | None = None
    cpu_busy: int | None = None
    cpu_total: int | None = None
    on_battery: bool | None = None
    connected: bool | None = None
    ap: Bss | None = None
    scan_id: int | None = None
    candidates: tuple[Bss, ...] = ()
    tx_retries: int | None = None
    tx_failed: int | None = None
    channel_busy: float | None = None
    gateway_rtt_ms: float | None = None
    gateway_waits_ms: float | None = None
    tcp_delay_ms: float | None = None
    up_delay_ms: float | None = None
    down_delay_ms: float | None = None
    bulk_delay_ms: float | None = None
    queue_ms: float | None = None
    acked_bytes: int | None = None
    rx_bytes: int | None = None
    tx_bytes: int | None = None
    udp_rx: int | None = None
    udp_tx: int | None = None
    registered_games: int | None = None
    connection: str | None = None
    metered: bool | None = None
    portal: bool | None = None
    suspended_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """What follows from several observations of one interface.

    `cpu_load` and `retry_share` lie in 0..1; the load is 0 before it can be known.
    """

    cpu_load: float = 0.0
    packets_pps: float | None = None
    rx_pps: float | None = None
    tx_pps: float | None = None
    rx_mbit: float | None = None
    tx_mbit: float | None = None
    udp_rx_pps: float | None = None
    udp_tx_pps: float | None = None
    retry_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a policy decides from; estimates over a time in which a rate means something.

    `woke`: the machine slept since the observation before this one, maybe somewhere else.
    """

    obs: Observation
    estimates: Estimates
    game: bool
    may_roam: bool = True
    woke: bool = False


class Direction(StrEnum):
    EGRESS = "egress"
    INGRESS = "ingress"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetShaping(Setting):
    """Let CAKE hold one direction to a rate."""

    ifname: str
    bandwidth_mbit: float
    direction: Direction = Direction.EGRESS

    @property
    def knob(self) -> Hashable:
        return "shaping", self.ifname, self.direction


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCoalescing(Setting):
    """Let the device gather receive interrupts as it sees fit, or not."""

    ifname: str
    adaptive_rx: bool

    @property
    def knob(self) -> Hashable:
        return "coalescing", self.ifname


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPowerSave(Setting):
    """Let the radio sleep between beacons, or not."""

    ifname: str
    enabled: bool

    @property
    def knob(self) -> Hashable:
        return "power_save", self.ifname


@dataclass(frozen=True, slots=True, kw_only=True)
class Roam:
    """Associate with this access point of the current network."""

    ifname: str
    bssid: MacAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Look for access points."""

    ifname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsOff:
    """Put back everything that was set on this interface, and set nothing until told again."""

    ifname: str


LinkAction = SetShaping | SetCoalescing | SetPowerSave | Roam | Scan | HandsOff

Seen = float | int | str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one policy decided as it did: the rule that held, what stood against more, and on what.

    Only built when asked for.
    """

    policy: str
    rule: str
    blocked_by: tuple[str, ...] = ()
    saw: Mapping[str, Seen] = field(default_factory=dict)
