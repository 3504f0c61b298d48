"""The message plane: datagrams in, arrivals and clashes out, datagrams to send out. No I/O.

What is refused is counted by reason and changes nothing. What firmware sends without proof is
taken as telemetry, marked, and never drives control.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from airsonde.core.errors import AuthError, DecodeError
from airsonde.core.ids import NodeId
from airsonde.mesh.auth import KeyRing, Signer, Trailer, parse_trailer
from airsonde.mesh.demux import Kind, MagicCount, Unit, decode_datagram, magic_of
from airsonde.mesh.feature_state import SIZE, FeatureState, encode_feature_state
from airsonde.mesh.fence import Fence
from airsonde.mesh.identity import Address, Clash, Identities, Source
from airsonde.mesh.messages import (
    FORMATS,
    AnomalyAlert,
    Body,
    Health,
    Message,
    encode_message,
)
from airsonde.mesh.model import AuthClass, MessageType, NodeRole, Refusal, firmware_node_id
from airsonde.mesh.packets import RAW_HEAD_BYTES, Packet, RawCsi, encode_packet
from airsonde.mesh.replay import ReplayGuard
from airsonde.mesh.wire import Buffer

CONTROL = frozenset(
    {
        MessageType.TIME_SYNC,
        MessageType.ROLE_ASSIGN,
        MessageType.CHANNEL_PLAN,
        MessageType.CALIBRATION_START,
    }
)


class Level(StrEnum):
    """Whether control messages must be authenticated."""

    ENFORCING = "enforcing"
    PERMISSIVE = "permissive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`ed25519` names the messages that need class 2; `take_unproven` admits firmware telemetry."""

    level: Level = Level.ENFORCING
    ed25519: frozenset[MessageType] = frozenset()
    take_unproven: bool = True

    def least(self, kind: MessageType) -> AuthClass:
        """The lowest class with which a message of this type is accepted."""
        if kind in self.ed25519:
            return AuthClass.ED25519
        if kind in CONTROL and self.level is Level.ENFORCING:
            return AuthClass.HMAC
        return AuthClass.NONE


class Arrival(NamedTuple):
    """One accepted message or packet; `role` and `epoch` are None for bare packets."""

    t_ns: int
    peer: Address
    source: Source
    kind: Kind
    body: Body | Packet | None
    role: NodeRole | None
    epoch: int | None

    @property
    def proven(self) -> bool:
        """Whether the sender authenticated it; only then may it drive control."""
        return self.source.address is None


Event = Arrival | Clash


@dataclass(slots=True)
class Endpoint:
    """One end of the mesh. Its parts may be shared: the election works on the same fence."""

    ring: KeyRing
    policy: Policy = field(default_factory=Policy)
    signer: Signer | None = None
    fence: Fence = field(default_factory=Fence)
    replay: ReplayGuard = field(default_factory=ReplayGuard)
    identities: Identities = field(default_factory=Identities)
    refused: Counter[Refusal] = field(default_factory=Counter)
    unknown_magics: MagicCount = field(default_factory=MagicCount)

    def receive(self, data: Buffer, peer: Address, now_ns: int) -> Sequence[Event]:
        """What one datagram says; nothing when it is refused."""
        try:
            kind, unit = decode_datagram(data)
            if (trailer := _trailer(data, unit)) is None:
                return self._unproven(kind, unit, peer, now_ns)
            return (self._proven(data, kind, unit, trailer, (peer, now_ns)),)
        except DecodeError as e:
            self._refuse(Refusal(e.reason), data)
            return ()

    def send(self, body: Body, *, role: NodeRole, epoch: int | None = None) -> bytes:
        """The datagram of a message, signed where there is a signer.

        Messages that the policy wants in class 2 are signed so. `epoch` is by default the one that
        stands. Raises ConfigError when a value does not fit, or there is no key of the class.
        """
        epoch = self.fence.epoch if epoch is None else epoch
        if self.signer is None:
            return encode_message(body, role=role, epoch=epoch, auth_class=AuthClass.NONE)
        auth = max(AuthClass.HMAC, self.policy.least(FORMATS[type(body)].type))
        unit = encode_message(body, role=role, epoch=epoch, auth_class=auth)
        return self.signer.sign(unit, auth)

    def send_bare(self, unit: FeatureState | RawCsi) -> bytes:
        """A feature state or raw CSI without an envelope, 40 bytes longer where it is signed."""
        if isinstance(unit, FeatureState):
            return self._signed(encode_feature_state(unit))
        return self._signed(encode_packet(unit))

    def _signed(self, unit: bytes) -> bytes:
        return unit if self.signer is None else self.signer.sign(unit, AuthClass.HMAC)

    def _proven(
        self, data: Buffer, kind: Kind, unit: Unit, trailer: Trailer, heard: tuple[Address, int]
    ) -> Arrival:
        """Tag, policy, identity, epoch, and last the counter: a refusal uses up none."""
        peer, now_ns = heard
        self.ring.verify(data, trailer)
        sender = trailer.sender
        if self.signer is not None and sender == self.signer.node:
            raise AuthError(Refusal.OWN_ECHO)
        if isinstance(unit, Message):
            self._check_message(unit, trailer)
        self.replay.accept(sender, trailer.boot_epoch, trailer.counter)
        if isinstance(unit, Message):
            self._take_epoch(unit, sender)
        self.identities.prove(sender, peer)
        body, role, epoch = _opened(unit)
        return Arrival(now_ns, peer, Source(sender), kind, body, role, epoch)

    def _check_message(self, message: Message, trailer: Trailer) -> None:
        if message.auth_class is not trailer.auth_class:
            raise AuthError(Refusal.CLASS_MISMATCH, offset=7)
        if trailer.auth_class < self.policy.least(message.type):
            raise AuthError(Refusal.CLASS_TOO_LOW, offset=7)
        body = message.body
        if isinstance(body, Health | AnomalyAlert) and body.node_id != trailer.sender:
            raise AuthError(Refusal.FOREIGN_IDENTITY)
        if message.role not in _MAY_SEND.get(message.type, _ANYBODY):
            raise AuthError(Refusal.NOT_COORDINATOR, offset=6)
        if message.type is MessageType.TIME_SYNC:
            self.fence.refuse_stale(message.epoch)
        elif message.type in CONTROL:
            self.fence.check(trailer.sender, message.epoch)

    def _take_epoch(self, message: Message, sender: NodeId) -> None:
        if message.type in CONTROL and message.type is not MessageType.TIME_SYNC:
            self.fence.take(sender, message.epoch)
        else:
            self.fence.learn(message.epoch)

    def _unproven(self, kind: Kind, unit: Unit, peer: Address, now_ns: int) -> Sequence[Event]:
        body, role, epoch = _opened(unit)
        if isinstance(unit, Message):
            self._check_unproven(unit)
        if not self.policy.take_unproven or self.identities.proves_itself(peer):
            raise AuthError(Refusal.UNAUTHENTICATED)
        source = Source(_claimed(body), peer)
        if self.identities.is_proven(source.node):
            raise AuthError(Refusal.FOREIGN_IDENTITY)
        arrival = Arrival(now_ns, peer, source, kind, body, role, epoch)
        clash = self.identities.hear(source, now_ns)
        return (arrival,) if clash is None else (arrival, clash)

    def _check_unproven(self, message: Message) -> None:
        """Control without proof passes only where the level permits it, and moves no epoch."""
        if self.policy.least(message.type) is not AuthClass.NONE:
            raise AuthError(Refusal.UNAUTHENTICATED)
        if message.type in CONTROL:
            self.fence.refuse_stale(message.epoch)
        elif message.auth_class is not AuthClass.NONE:
            raise AuthError(Refusal.UNAUTHENTICATED, offset=7)

    def _refuse(self, reason: Refusal, data: Buffer) -> None:
        self.refused[reason] += 1
        magic = magic_of(data)
        if reason is Refusal.BAD_MAGIC and magic is not None:
            self.unknown_magics.count(magic)


_ANYBODY = frozenset(NodeRole)
_COORDINATOR = frozenset({NodeRole.COORDINATOR})
_MAY_SEND = {
    MessageType.ROLE_ASSIGN: _COORDINATOR,
    MessageType.CHANNEL_PLAN: _COORDINATOR,
    MessageType.CALIBRATION_START: _COORDINATOR,
}


def _trailer(data: Buffer, unit: Unit) -> Trailer | None:
    """The trailer behind a message, a bare feature state or raw CSI; other packets carry none.

    Raises AuthError when something else follows a feature state: firmware appends nothing.
    """
    if isinstance(unit, Message):
        return parse_trailer(data, unit.size)
    if isinstance(unit, RawCsi):
        return parse_trailer(data, RAW_HEAD_BYTES + len(unit.iq))
    if not isinstance(unit, FeatureState) or len(data) == SIZE:
        return None
    trailer = parse_trailer(data, SIZE)
    if trailer is None:
        raise AuthError(Refusal.BAD_TRAILER, offset=SIZE)
    return trailer


def _opened(unit: Unit) -> tuple[Body | Packet | None, NodeRole | None, int | None]:
    if isinstance(unit, Message):
        return unit.body, unit.role, unit.epoch
    return unit, None, None


def _claimed(body: Body | Packet | None) -> NodeId | int | None:
    """Who a unit says it is from, firmware ids as the number they hold; None: it does not say."""
    node: NodeId | int | None = getattr(body, "node_id", None)
    if isinstance(node, bytes) and node == firmware_node_id(node[0]):
        return node[0]
    return node
