"""A node without I/O: datagrams, senses and time in; datagrams and orders to its radio out.

The daemon and the simulation run this same code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, assert_never

from airsonde.apps.mesh.anchor_clock import AnchorClock
from airsonde.apps.mesh.beat import Beat
from airsonde.apps.mesh.outgoing import Reach, Send
from airsonde.apps.mesh.senses import Senses
from airsonde.core.ids import NodeId
from airsonde.mesh.election import Heard
from airsonde.mesh.feature_state import SIZE
from airsonde.mesh.features import FeatureBuilder
from airsonde.mesh.identity import Address
from airsonde.mesh.inbox import (
    Inbox,
    Order,
    Synchronise,
    TakeArrival,
    TakeCalibration,
    TakePlan,
    TakeRole,
    TellArrival,
)
from airsonde.mesh.messages import TimeSync
from airsonde.mesh.model import LIVE, HealthFlag, NodeRole, NodeState
from airsonde.mesh.node import Controller
from airsonde.mesh.observation import (
    EnterState,
    NodeAction,
    NodeObservation,
    RadioHealth,
    Raise,
    Report,
    SetChannel,
    SetDeltaOnly,
    SetProfile,
    SetRawCsi,
)
from airsonde.mesh.packets import RawCsi
from airsonde.mesh.plane import Arrival, Endpoint, Level
from airsonde.mesh.streams import FeatureStream, RawStream

MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
TRAILER_BYTES: Final = 40
_SETTING_UP: Final = frozenset(
    {NodeState.BOOT, NodeState.SELF_TEST, NodeState.RADIO_INIT, NodeState.TIME_SYNC}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """`rate_hz` of feature states; None: as many as fit into the budget, at most five a second.

    `origin` tells HEALTH that the frames are not measured now: played again, or computed.

    Without a coordinator for `led_ns` a node chooses its channel itself.
    """

    number: int
    rate_hz: float | None = None
    budget_bytes_per_s: int = 300
    most_rate_hz: float = 5.0
    fast_ns: int = 200 * MS_NS
    sync_ns: int = 100 * MS_NS
    raw_grant_ns: int = 30 * SECOND_NS
    led_ns: int = 5 * SECOND_NS
    origin: HealthFlag = LIVE

    def state_period_ns(self, *, signed: bool) -> int:
        size = SIZE + (TRAILER_BYTES if signed else 0)
        rate = self.rate_hz or min(self.most_rate_hz, self.budget_bytes_per_s / size)
        return round(SECOND_NS / rate)


RadioOrder = SetProfile | SetChannel
Output = Send | RadioOrder | EnterState


@dataclass(slots=True)
class MeshNode:
    """Ask `tick` at least every 100 ms. `role` and `state` are what stands.

    When it enters CALIBRATION its senses must measure their baseline anew.
    """

    node: NodeId
    config: NodeConfig
    endpoint: Endpoint
    controller: Controller = field(default_factory=Controller)
    role: NodeRole = NodeRole.UNASSIGNED
    leader: NodeId | None = None
    clock: AnchorClock = field(default_factory=AnchorClock)
    stream: FeatureStream = field(default_factory=FeatureStream)
    raw: RawStream = field(default_factory=RawStream)
    _inbox: Inbox = field(init=False)
    _builder: FeatureBuilder = field(init=False)
    _fast: Beat = field(init=False)
    _states: Beat = field(init=False)
    _sync: Beat = field(init=False)
    _hop: Beat | None = None
    _hops: tuple[int, ...] = ()
    _led_ns: int | None = None
    _cycle: int = 0
    _calibrate_at_ns: int | None = None

    def __post_init__(self) -> None:
        permissive = self.endpoint.policy.level is Level.PERMISSIVE
        self._inbox = Inbox(self.node, permissive=permissive)
        self._builder = FeatureBuilder(self.config.number)
        self._fast = Beat(self.config.fast_ns)
        signed = self.endpoint.signer is not None
        self._states = Beat(self.config.state_period_ns(signed=signed))
        self._sync = Beat(self.config.sync_ns)

    @property
    def state(self) -> NodeState:
        return self.controller.fast.state

    def receive(self, data: bytes, peer: Address, now_ns: int) -> list[Output]:
        out: list[Output] = []
        for event in self.endpoint.receive(data, peer, now_ns):
            if isinstance(event, Arrival):
                for order in self._inbox.step(event):
                    out += self._obey(order, now_ns)
        return out

    def tick(self, now_ns: int, senses: Senses, radio: RadioHealth) -> list[Output]:
        """What is due now."""
        out: list[Output] = [*self.sync(now_ns)]
        if self._hop is not None and self._hop.due(now_ns):
            self._hops = (*self._hops[1:], self._hops[0])
            out.append(SetChannel(self._hops[0], radio.bw_mhz or 20))
        if self._fast.due(now_ns):
            self._begin_calibration(now_ns)
            for action in self.controller.step(self._observation(now_ns, senses, radio)):
                out += self._act(action, now_ns)
        if self._states.due(now_ns):
            out += self._feature_state(now_ns, senses)
        return out

    def sync(self, now_ns: int) -> Sequence[Send]:
        """The anchor's clock, or a question to it, when it is due: to be sent at once."""
        if self.role is not NodeRole.ANCHOR:
            question = self.clock.question(now_ns)
            return () if question is None else (self._time(*question, now_ns // 1000),)
        if not self._sync.due(now_ns):
            return ()
        cycle, self._cycle = self._cycle, (self._cycle + 1) & 0xFFFF_FFFF
        return (self._time(cycle, Reach.PEERS, now_ns // 1000, self.config.sync_ns),)

    def _time(self, cycle: int, to: Address | Reach, us: int, period_ns: int = 0) -> Send:
        sync = TimeSync(us, cycle, period_ns // 1000)
        return Send(self.endpoint.send(sync, role=self.role), to)

    def send_raw(self, frame: RawCsi, now_ns: int) -> Sequence[Send]:
        """The datagram of a raw frame, while the raw stream is open and its budget lasts."""
        if not self.raw.is_open(now_ns):
            return ()
        data = self.endpoint.send_bare(frame)
        return (Send(data, Reach.UPSTREAM),) if self.raw.admits(len(data), now_ns) else ()

    def _obey(self, order: Order, now_ns: int) -> Sequence[Output]:
        match order:
            case Heard(sender=sender):
                self.leader, self._led_ns = sender, now_ns
            case Synchronise(t_ns, anchor, anchor_ns, peer):
                self.clock.received(anchor, peer, own_ns=t_ns, anchor_ns=anchor_ns)
            case TellArrival(t_ns, question, peer):
                anchors = self.role is NodeRole.ANCHOR
                return (self._time(question, peer, -(-t_ns // 1000)),) if anchors else ()
            case TakeArrival(anchor, question, anchor_ns):
                self.clock.answered(anchor, question, anchor_ns)
            case TakeRole(role):
                self.role = role
            case TakePlan(channels, dwell_ms, raw_csi):
                return self._take_plan(channels, dwell_ms, now_ns, raw=raw_csi)
            case TakeCalibration(start_ns):
                self._calibrate_at_ns = start_ns
            case _:
                assert_never(order)
        return ()

    def _take_plan(
        self, channels: tuple[int, ...], dwell_ms: int, now_ns: int, *, raw: bool
    ) -> Sequence[Output]:
        if raw:
            self.raw.grant(now_ns + self.config.raw_grant_ns, now_ns)
            return ()
        hops = len(channels) > 1 and dwell_ms > 0
        self._hops, self._hop = channels, Beat(dwell_ms * MS_NS) if hops else None
        return () if hops or not channels else (SetChannel(channels[0], 20),)

    def _begin_calibration(self, now_ns: int) -> None:
        """Calibrate when the anchor's clock says so; at once where that clock is not known."""
        at_ns = self._calibrate_at_ns
        if at_ns is not None and not 0 < at_ns - self.clock.anchor_ns(now_ns) < 60 * SECOND_NS:
            self.controller.fast.recalibrate, self._calibrate_at_ns = True, None

    def _observation(self, now_ns: int, senses: Senses, radio: RadioHealth) -> NodeObservation:
        motion, baseline = senses.motion, senses.baseline
        anchors = self.role is NodeRole.ANCHOR
        return NodeObservation(
            t_ns=now_ns,
            radio=radio,
            role=self.role,
            motion=motion.motion if motion else 0.0,
            presence=(motion.presence or 0.0) if motion else 0.0,
            anomaly=baseline.anomaly if baseline else 0.0,
            coherence=motion.coherence if motion else 1.0,
            self_test=True if senses.heard.open else None,
            clock_error_us=0.0 if anchors else self.clock.error_us(now_ns),
            calibrated=senses.calibrated,
            env_shift=baseline.env_shift if baseline else None,
        )

    def _act(self, action: NodeAction, now_ns: int) -> Sequence[Output]:
        match action:
            case Report(health):
                flags = health.health_flags | self.config.origin
                filled = health._replace(
                    node_id=self.node, local_time_us=now_ns // 1000, health_flags=flags
                )
                return (Send(self.endpoint.send(filled, role=self.role), Reach.UPSTREAM),)
            case Raise(alert):
                filled_alert = alert._replace(node_id=self.node, ts_us=now_ns // 1000)
                return (Send(self.endpoint.send(filled_alert, role=self.role), Reach.UPSTREAM),)
            case SetRawCsi(until_ns):
                self.raw.grant(until_ns, now_ns)
            case SetDeltaOnly(on):
                self.stream.delta_only = on
            case EnterState() | SetProfile():
                return (action,)
            case SetChannel() if not self._led(now_ns):
                return (action,)
            case _:
                pass
        return ()

    def _led(self, now_ns: int) -> bool:
        return self._led_ns is not None and now_ns - self._led_ns < self.config.led_ns

    def _feature_state(self, now_ns: int, senses: Senses) -> Sequence[Output]:
        if senses.motion is None or self.state in _SETTING_UP:
            return ()
        state = self._builder.build(
            now_ns // 1000,
            senses.motion,
            senses.vital,
            senses.baseline,
            state=self.state,
            trend=self.controller.slow.trend,
        )
        if not self.stream.admits(state, now_ns):
            return ()
        return (Send(self.endpoint.send_bare(state), Reach.UPSTREAM),)
