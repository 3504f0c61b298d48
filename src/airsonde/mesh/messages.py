"""The mesh vocabulary: one class a message, its number and layout beside it.

Fields stand in the order of the wire, so that a message is made from what `struct` unpacks in one
step. Adding a message: a number in `MessageType`, a class here, a golden vector in the tests.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import NodeId
from airsonde.mesh.feature_state import FeatureState, decode_feature_state, encode_feature_state
from airsonde.mesh.model import NODE_ID_BYTES, AuthClass, MessageType, NodeRole, Refusal
from airsonde.mesh.wire import (
    CLASSES,
    CRC_BYTES,
    HEADER_BYTES,
    ROLES,
    Buffer,
    seal,
    unseal,
)

MOST_CHANNELS = 8
M = TypeVar("M", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How one message travels, and the auth class that firmware stamps on it."""

    type: MessageType
    auth_class: AuthClass
    pack: Callable[[Any], bytes]
    unpack: Callable[[Buffer], Any]


FORMATS: dict[type[Any], Format] = {}
BODIES: dict[MessageType, type[Any]] = {}


def _check_id(node: bytes) -> None:
    if len(node) != NODE_ID_BYTES:
        raise ConfigError(f"a node id has {NODE_ID_BYTES} bytes, not {len(node)}")


def _register(cls: type[Any], fmt: Format) -> None:
    FORMATS[cls] = fmt
    BODIES[fmt.type] = cls


def _message(
    number: MessageType, layout: str, auth_class: AuthClass
) -> Callable[[type[M]], type[M]]:
    """Register a NamedTuple whose fields are those of `layout`, in order."""
    shape = struct.Struct(layout)
    led_by_id = layout.startswith("<8s")

    def register(cls: type[M]) -> type[M]:
        def unpack(payload: Buffer) -> M:
            if len(payload) != shape.size:
                raise DecodeError(Refusal.BAD_PAYLOAD, offset=HEADER_BYTES)
            return tuple.__new__(cls, shape.unpack(payload))

        def pack(message: M) -> bytes:
            if led_by_id:
                _check_id(message[0])
            return shape.pack(*message)

        _register(cls, Format(type=number, auth_class=auth_class, pack=pack, unpack=unpack))
        return cls

    return register


@_message(MessageType.TIME_SYNC, "<QII", AuthClass.HMAC)
class TimeSync(NamedTuple):
    """The anchor's clock at the moment of sending.

    With a period of 0 it is no beat of that clock: from any other node it asks when, by the
    anchor's clock, question `cycle_id` arrived, and from the anchor it answers that.
    """

    anchor_time_us: int
    cycle_id: int
    cycle_period_us: int


@_message(MessageType.ROLE_ASSIGN, "<8sB3xI", AuthClass.HMAC)
class RoleAssign(NamedTuple):
    """`target` takes `new_role` from `effective_epoch` on."""

    target: NodeId
    new_role: int
    effective_epoch: int


class ChannelPlan(NamedTuple):
    """`target` visits up to eight channels, `dwell_ms` each; `debug_raw_csi` opens the raw stream.

    The dwell time is the one big-endian number of the protocol.
    """

    target: NodeId
    dwell_ms: int
    debug_raw_csi: int
    channels: tuple[int, ...]
    effective_epoch: int


@_message(MessageType.CALIBRATION_START, "<QIIB3x", AuthClass.ED25519)
class CalibrationStart(NamedTuple):
    """Every node measures with `profile` for `duration_ms` from `t0_anchor_us` on."""

    t0_anchor_us: int
    duration_ms: int
    effective_epoch: int
    profile: int


@_message(MessageType.HEALTH, "<8sQBBBbHHHH", AuthClass.NONE)
class Health(NamedTuple):
    """How a node fares; `sync_error_us` is 65535 when it is unknown or larger.

    `busy` stands in bytes that firmware reserves and leaves 0: 1 + the share of time (thousandths)
    that the node's channel was occupied, 0 where that is unknown.
    """

    node_id: NodeId
    local_time_us: int
    role: int
    channel: int
    bw_mhz: int
    noise_dbm: int
    pkt_yield: int
    sync_error_us: int
    health_flags: int
    busy: int = 0

    @property
    def busy_share(self) -> float | None:
        """How busy its channel is, 0…1."""
        return min(1.0, (self.busy - 1) / 1000) if self.busy else None


@_message(MessageType.ANOMALY_ALERT, "<8sQBB2xff", AuthClass.NONE)
class AnomalyAlert(NamedTuple):
    """A node entered ALERT or DEGRADED; `reason` is one of `AlertReason`."""

    node_id: NodeId
    ts_us: int
    severity: int
    reason: int
    anomaly_score: float
    motion_score: float


Body = TimeSync | RoleAssign | ChannelPlan | CalibrationStart | FeatureState | Health | AnomalyAlert

_PLAN = struct.Struct("<8sB2sB8sI")


def _pack_plan(plan: ChannelPlan) -> bytes:
    _check_id(plan.target)
    channels = bytes(plan.channels)
    if len(channels) > MOST_CHANNELS:
        raise ConfigError(f"a plan names at most {MOST_CHANNELS} channels, not {len(channels)}")
    dwell = plan.dwell_ms.to_bytes(2, "big")
    raw, epoch = plan.debug_raw_csi, plan.effective_epoch
    return _PLAN.pack(plan.target, len(channels), dwell, raw, channels, epoch)


def _unpack_plan(payload: Buffer) -> ChannelPlan:
    if len(payload) != _PLAN.size:
        raise DecodeError(Refusal.BAD_PAYLOAD, offset=HEADER_BYTES)
    target, count, dwell, raw, channels, epoch = _PLAN.unpack(payload)
    if count > MOST_CHANNELS:
        raise DecodeError(Refusal.BAD_FIELD, offset=HEADER_BYTES + 8)
    return ChannelPlan(target, int.from_bytes(dwell, "big"), raw, tuple(channels[:count]), epoch)


def _unpack_delta(payload: Buffer) -> FeatureState:
    if len(payload) != 60:
        raise DecodeError(Refusal.BAD_PAYLOAD, offset=HEADER_BYTES)
    try:
        return decode_feature_state(payload)
    except DecodeError as e:
        raise DecodeError(e.reason, offset=HEADER_BYTES + (e.offset or 0)) from None


_register(
    ChannelPlan,
    Format(
        type=MessageType.CHANNEL_PLAN,
        auth_class=AuthClass.ED25519,
        pack=_pack_plan,
        unpack=_unpack_plan,
    ),
)
_register(
    FeatureState,
    Format(
        type=MessageType.FEATURE_DELTA,
        auth_class=AuthClass.NONE,
        pack=encode_feature_state,
        unpack=_unpack_delta,
    ),
)


class Message(NamedTuple):
    """One mesh message with what its envelope says; `body` is None where the payload is empty."""

    body: Body | None
    type: MessageType
    role: NodeRole
    auth_class: AuthClass
    epoch: int
    size: int


def encode_message(
    body: Body, *, role: NodeRole, epoch: int, auth_class: AuthClass | None = None
) -> bytes:
    """Envelope and payload of one message, stamped as firmware does unless `auth_class` is given.

    Raises ConfigError when a value does not fit its field.
    """
    fmt = FORMATS[type(body)]
    try:
        payload = fmt.pack(body)
    except (struct.error, OverflowError, ValueError, TypeError, AttributeError) as e:
        raise ConfigError(f"a {fmt.type.name} does not fit its fields: {e}") from None
    auth = fmt.auth_class if auth_class is None else auth_class
    return seal(fmt.type, role, auth, epoch, payload)


def decode_message(data: Buffer) -> Message:
    """Read one message; bytes after its CRC are ignored, `size` says where they begin.

    Raises DecodeError as `unseal` does, then for a payload of the wrong size, a plan of
    more than eight channels, and a feature state inside with a wrong magic or CRC.
    """
    kind, role, auth, epoch, end = unseal(data)
    fmt = _BY_NUMBER[kind]
    body = fmt.unpack(data[HEADER_BYTES:end]) if end > HEADER_BYTES else None
    fields = (body, fmt.type, ROLES[role], CLASSES[auth], epoch, end + CRC_BYTES)
    return tuple.__new__(Message, fields)


_BY_NUMBER = {int(fmt.type): fmt for fmt in FORMATS.values()}
