"""One interface at one moment, gathered from every driver that knows something of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from airsonde.apps.governor.delays import FlowsLook, FlowsView, GatewayDelay, tin_delay_ms
from airsonde.apps.governor.host import Host
from airsonde.apps.governor.settings import GovernorConfig
from airsonde.apps.governor.wifi_view import WifiLook, WifiView, text_of
from airsonde.core.errors import ConfigError, DriverError
from airsonde.core.ids import parse_mac
from airsonde.drivers.linux.addresses import local_addresses
from airsonde.drivers.linux.backlog import Backlogs
from airsonde.drivers.linux.boot_clock import BootClock
from airsonde.drivers.linux.gateway import Gateway, default_gateways
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.irq import Interrupts
from airsonde.drivers.linux.networkmanager import AccessPoint, Device
from airsonde.drivers.linux.nl80211 import Happening
from airsonde.drivers.linux.power import read_power
from airsonde.drivers.linux.proc import CpuMeter, DatagramMeter, PacketMeter
from airsonde.drivers.linux.sockdiag import SockDiag
from airsonde.link.model import NS_PER_S, Bss, Observation

SLOW_NS = 10 * NS_PER_S
WORTH_MS = 5.0  # less delay is not worth asking for the queue of ours that may explain it


@dataclass(slots=True)
class Sight:
    """What is kept open for one interface, and what was last seen of its queues."""

    interface: Interface
    kind: str
    driver: str | None
    packets: PacketMeter
    gateway: GatewayDelay
    wifi: WifiView | None
    flows: FlowsView = field(default_factory=FlowsView)
    tin_delay_ms: float | None = None
    tin_read_ns: int = 0

    def close(self) -> None:
        self.packets.close()
        self.gateway.close()


class Observer:
    """Keeps files and sockets open between observations; `games` is told from outside.

    `heard` is called with the interface whose gateway has answered.
    """

    def __init__(
        self, host: Host, config: GovernorConfig, heard: Callable[[str], None] = lambda _: None
    ) -> None:
        self.config = config
        self._heard = heard
        self.games: int | None = None
        self.sights: dict[str, Sight] = {}
        self._host = host
        self._clock = BootClock()
        self._cpu, self._datagrams = CpuMeter(), DatagramMeter()
        self._diag, self._backlogs = SockDiag(), Backlogs()
        self._on_battery: bool | None = None
        self._addresses: dict[int, frozenset[bytes]] = {}
        self._gateways: list[Gateway] = []
        self._refreshed_ns: int | None = None

    async def refresh(self, now_ns: int) -> None:
        """Look at what changes rarely: power, addresses, gateways; at most every 10 s."""
        if self._refreshed_ns is not None and now_ns - self._refreshed_ns < SLOW_NS:
            return
        self._refreshed_ns = now_ns
        self._on_battery = (await read_power()).on_battery
        with suppress(DriverError):
            self._addresses = await local_addresses(self._host.rtnl)
            self._gateways = await default_gateways(self._host.rtnl)

    def stale(self) -> None:
        """Routes or addresses changed: the next observation looks anew."""
        self._refreshed_ns = None

    def told(self, ifname: str, happening: Happening) -> None:
        """The radio of an interface told something."""
        wifi = self.sights[ifname].wifi
        if wifi is not None:
            wifi.told(happening, self._clock.now_ns())

    async def observe(self, ifname: str, kind: str) -> Observation:
        """Raises UnsupportedError where the interface is gone, DriverError otherwise."""
        sight = self._sight(ifname, kind)
        now_ns = self._clock.now_ns()
        await self.refresh(now_ns)
        device = self._host.device(ifname)
        look = await sight.wifi.look(now_ns) if sight.wifi is not None else None
        station = look.station if look else None
        flows = self._flows(sight)
        queue_ms = self._queue_ms(sight, now_ns, flows)
        return Observation(
            t_ns=now_ns,
            ifname=ifname,
            kind=kind,
            driver=sight.driver or (device.driver or None if device else None),
            bitrate_mbit=self._bitrate_mbit(look, device),
            on_battery=self._on_battery,
            connected=_connected(look, device),
            ap=self._ap(look, device),
            scan_id=look.scan_id if look else None,
            candidates=look.candidates if look else (),
            tx_retries=station.tx_retries if station else None,
            tx_failed=station.tx_failed if station else None,
            channel_busy=look.channel_busy if look else None,
            gateway_rtt_ms=self._gateway_ms(sight),
            gateway_waits_ms=sight.gateway.waits_ms,
            tcp_delay_ms=_tcp_delay_ms(sight, flows),
            bulk_delay_ms=flows.bulk_ms if flows else None,
            queue_ms=queue_ms,
            acked_bytes=flows.acked_bytes if flows else None,
            registered_games=self.games,
            connection=device.profile_uuid if device else None,
            metered=device.metered if device else None,
            portal=device.portal if device else None,
            suspended_ns=self._clock.suspended_ns,
            **self._counted(sight),
        )

    def _counted(self, sight: Sight) -> dict[str, int]:
        counters, cpu, datagrams = sight.packets.read(), self._cpu.read(), self._datagrams.read()
        return {
            "rx_packets": counters.rx_packets,
            "tx_packets": counters.tx_packets,
            "rx_bytes": counters.rx_bytes,
            "tx_bytes": counters.tx_bytes,
            "cpu_busy": cpu.busy,
            "cpu_total": cpu.busy + cpu.idle,
            "udp_rx": datagrams.received,
            "udp_tx": datagrams.sent,
        }

    def forget(self, ifname: str) -> None:
        sight = self.sights.pop(ifname, None)
        if sight is not None:
            sight.close()

    def close(self) -> None:
        for ifname in list(self.sights):
            self.forget(ifname)
        self._cpu.close()
        self._datagrams.close()
        self._diag.close()
        self._backlogs.close()

    def _sight(self, ifname: str, kind: str) -> Sight:
        interface = Interface.named(ifname)
        sight = self.sights.get(ifname)
        if sight is not None and sight.interface == interface:
            return sight
        self.forget(ifname)
        wireless = self._host.nl80211 if kind == "wifi" else None
        self.sights[ifname] = Sight(
            interface=interface,
            kind=kind,
            driver=Interrupts().driver(ifname),
            packets=PacketMeter.open(ifname),
            gateway=GatewayDelay(interface, partial(self._heard, ifname)),
            wifi=None if wireless is None else WifiView(wireless, interface),
        )
        return self.sights[ifname]

    def _bitrate_mbit(self, look: WifiLook | None, device: Device | None) -> float | None:
        """The rate of the last frames; preset v3 takes what NetworkManager says of it."""
        told = device.bitrate_mbit if device else None
        if self.config.preset == "v3" and told is not None:
            return told
        rate = look.station.tx_rate if look and look.station else None
        return told if rate is None else rate.mbit

    def _ap(self, look: WifiLook | None, device: Device | None) -> Bss | None:
        if look is not None:
            return look.ap
        if device is None or self._host.manager is None:
            return None
        told = self._host.manager.access_point(device.active_ap)
        return None if told is None else _told_bss(told)

    def _gateway_ms(self, sight: Sight) -> float | None:
        if not self.config.probe_gateway:
            return None
        own = (g for g in self._gateways if g.index == sight.interface.index)
        sight.gateway.of(next(own, None))
        answer = sight.gateway.take_ms()
        sight.gateway.ask(self.config.delayed_tick_s)
        return answer

    def _flows(self, sight: Sight) -> FlowsLook | None:
        local = self._addresses.get(sight.interface.index)
        if not local:
            return None
        with suppress(DriverError):
            return sight.flows.look(self._diag.flows(local), local)
        return None

    def _queue_ms(self, sight: Sight, now_ns: int, flows: FlowsLook | None) -> float | None:
        """How long packets wait in our own queue: read when that matters, or once a second."""
        matters = flows is not None and (flows.bulk_ms or 0.0) > WORTH_MS
        if not matters and now_ns - sight.tin_read_ns < NS_PER_S:
            return None
        with suppress(DriverError):
            sight.tin_delay_ms = tin_delay_ms(self._backlogs.of(sight.interface))
            sight.tin_read_ns = now_ns
            return sight.tin_delay_ms
        return None


def _tcp_delay_ms(sight: Sight, flows: FlowsLook | None) -> float | None:
    """Delay of the flows of this interface, less what they wait in our own queue."""
    if flows is None or flows.added_ms is None:
        return None
    return max(0.0, flows.added_ms - (sight.tin_delay_ms or 0.0))


def _connected(look: WifiLook | None, device: Device | None) -> bool | None:
    """Whether traffic may pass: NetworkManager does not notice a roam whose handshake fails."""
    station = look.station if look else None
    if station is not None and station.authorized is False:
        return False
    if device is not None:
        return device.activated
    return None if look is None else station is not None


def _told_bss(told: AccessPoint) -> Bss | None:
    """An access point without its signal: NetworkManager's percentages are not comparable."""
    try:
        bssid = parse_mac(told.bssid)
    except ConfigError:
        return None
    freq_mhz = told.frequency_mhz or None
    return Bss(bssid=bssid, ssid=text_of(told.ssid), freq_mhz=freq_mhz, signal_dbm=None)
