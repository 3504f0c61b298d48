"""The words of the mesh: roles, states, profiles, message numbers, flags, identities."""

from enum import IntEnum, IntFlag, StrEnum

from airsonde.core.errors import ConfigError
from airsonde.core.ids import NodeId

NODE_ID_BYTES = 8
EVERY_NODE = NodeId(b"\xff" * NODE_ID_BYTES)
U32 = 0xFFFF_FFFF


class NodeRole(IntEnum):
    UNASSIGNED = 0
    ANCHOR = 1
    OBSERVER = 2
    FUSION_RELAY = 3
    COORDINATOR = 4


class AuthClass(IntEnum):
    """How a message is protected: not at all, by HMAC-SHA256, by Ed25519."""

    NONE = 0
    HMAC = 1
    ED25519 = 2


class MessageType(IntEnum):
    TIME_SYNC = 1
    ROLE_ASSIGN = 2
    CHANNEL_PLAN = 3
    CALIBRATION_START = 4
    FEATURE_DELTA = 5
    HEALTH = 6
    ANOMALY_ALERT = 7


class NodeState(IntEnum):
    BOOT = 0
    SELF_TEST = 1
    RADIO_INIT = 2
    TIME_SYNC = 3
    CALIBRATION = 4
    SENSE_IDLE = 5
    SENSE_ACTIVE = 6
    ALERT = 7
    DEGRADED = 8


class CaptureProfile(IntEnum):
    """How a radio is asked to measure."""

    PASSIVE_LOW_RATE = 0
    ACTIVE_PROBE = 1
    RESP_HIGH_SENS = 2
    FAST_MOTION = 3
    CALIBRATION = 4


class RadioMode(IntEnum):
    DISABLED = 0
    PASSIVE_RX = 1
    ACTIVE_PROBE = 2
    CALIBRATION = 3


class QualityFlag(IntFlag):
    """What of a feature state may be relied on, and how its node fares."""

    PRESENCE_VALID = 0x01
    RESPIRATION_VALID = 0x02
    HEARTBEAT_VALID = 0x04
    ANOMALY_TRIGGERED = 0x08
    ENV_SHIFT = 0x10
    DEGRADED = 0x20
    CALIBRATING = 0x40
    RECOMMEND_RECALIBRATION = 0x80


class HealthFlag(IntFlag):
    """What a node says of itself in HEALTH; firmware leaves all of them 0."""

    DEGRADED = 0x01
    CALIBRATING = 0x02
    CLOCK_UNKNOWN = 0x04
    DELTA_ONLY = 0x08
    BETTER_OBSERVER = 0x10
    REPLAYED = 0x20
    SIMULATED = 0x40


LIVE = HealthFlag(0)


class Drift(StrEnum):
    """How a baseline moves."""

    STABLE = "stable"
    LINEAR = "linear"
    STEP_CHANGE = "step change"


class AlertReason(IntEnum):
    NONE = 0
    PHYSICS_VIOLATION = 1
    MULTI_LINK_MISMATCH = 2
    PKT_YIELD_COLLAPSE = 3
    FALL = 4
    COHERENCE_LOSS = 5


class Refusal(StrEnum):
    """Why a datagram changed nothing; the words by which refusals are counted."""

    TOO_SHORT = "too short"
    BAD_MAGIC = "unknown magic"
    BAD_VERSION = "unknown version"
    PAYLOAD_TOO_LARGE = "payload too large"
    CRC_MISMATCH = "CRC mismatch"
    UNKNOWN_TYPE = "unknown message type"
    UNKNOWN_ROLE = "unknown role"
    UNKNOWN_AUTH_CLASS = "unknown auth class"
    BAD_PAYLOAD = "payload does not fit its type"
    BAD_FIELD = "field out of range"
    BAD_TRAILER = "malformed auth trailer"
    UNAUTHENTICATED = "not authenticated"
    CLASS_TOO_LOW = "auth class below policy"
    CLASS_MISMATCH = "auth class differs from trailer"
    UNKNOWN_KEY = "unknown key"
    BAD_TAG = "wrong tag"
    REPLAYED = "counter seen before"
    STALE_BOOT_EPOCH = "older boot epoch"
    TOO_MANY_SENDERS = "too many senders"
    FOREIGN_IDENTITY = "speaks for another node"
    NOT_COORDINATOR = "sender does not hold the epoch"
    STALE_EPOCH = "stale coordinator epoch"
    OWN_ECHO = "own message"


def radio_mode(profile: CaptureProfile) -> RadioMode:
    """The mode in which a radio measures with a profile: passive unless it must transmit."""
    if profile is CaptureProfile.ACTIVE_PROBE:
        return RadioMode.ACTIVE_PROBE
    if profile is CaptureProfile.CALIBRATION:
        return RadioMode.CALIBRATION
    return RadioMode.PASSIVE_RX


def parse_node_id(text: str) -> NodeId:
    """Read 16 hexadecimal digits. Raises ConfigError when `text` is anything else."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != NODE_ID_BYTES or len(text) != 2 * NODE_ID_BYTES:
        raise ConfigError(f"{text!r} is not a node id; write 16 hexadecimal digits")
    return NodeId(raw)


def firmware_node_id(number: int) -> NodeId:
    """The 8-byte id that firmware writes for its one-byte node number."""
    return NodeId(bytes([number]).ljust(NODE_ID_BYTES, b"\0"))
