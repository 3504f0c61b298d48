"""Bytes that the firmware's own encoder, and an independent one, wrote."""

from airsonde.core.ids import NodeId
from airsonde.mesh.feature_state import FeatureState
from airsonde.mesh.messages import (
    AnomalyAlert,
    CalibrationStart,
    ChannelPlan,
    Health,
    RoleAssign,
    TimeSync,
)
from airsonde.mesh.model import NodeRole

SEVEN = NodeId(b"\x07" + bytes(7))

FEATURE_STATE = bytes.fromhex(
    "060011c507022a0087d61200000000000000803e0000403f000078410000003f00009042cdcc4c3f"
    "000000000000003e0000803f07000000f412f67e"
)
STATE = FeatureState(
    node_id=7,
    mode=2,
    seq=42,
    ts_us=1234567,
    motion_score=0.25,
    presence_score=0.75,
    respiration_bpm=15.5,
    respiration_conf=0.5,
    heartbeat_bpm=72.0,
    heartbeat_conf=0.800000011920929,
    anomaly_score=0.0,
    env_shift_score=0.125,
    node_coherence=1.0,
    quality_flags=7,
)
ZERO_STATE = bytes.fromhex("060011c5" + "00" * 52 + "dc0b736e")
EMPTY = bytes.fromhex("008111c50106000000000000000000009f3ca293")

# (body, role, epoch, bytes); the auth class is the one that firmware stamps
MESSAGES = {
    "HEALTH": (
        Health(SEVEN, 0x0102030405060708, 2, 6, 20, -95, 20, 150, 3),
        NodeRole.OBSERVER,
        5,
        (
            "008111c501060200050000001c000000070000000000000008070605040302010206"
            "14a114009600030000008092c1cb"
        ),
    ),
    "ANOMALY_ALERT": (
        AnomalyAlert(SEVEN, 1_000_000, 200, 3, 1.0, 0.0),
        NodeRole.OBSERVER,
        6,
        (
            "008111c501070200060000001c000000070000000000000040420f0000000000c803"
            "00000000803f00000000b64ff4c5"
        ),
    ),
    "TIME_SYNC": (
        TimeSync(1_000_000, 9, 50_000),
        NodeRole.ANCHOR,
        8,
        "008111c501010101080000001000000040420f00000000000900000050c300005018b3a8",
    ),
    "ROLE_ASSIGN": (
        RoleAssign(SEVEN, 3, 10),
        NodeRole.COORDINATOR,
        9,
        "008111c50102040109000000100000000700000000000000030000000a0000007fcb7c16",
    ),
    "CHANNEL_PLAN": (
        ChannelPlan(SEVEN, 300, 1, (1, 6, 11), 11),
        NodeRole.COORDINATOR,
        10,
        "008111c5010304020a00000018000000070000000000000003012c0101060b00000000000b00000015870b28",
    ),
    "CALIBRATION_START": (
        CalibrationStart(2_000_000, 5000, 12, 4),
        NodeRole.COORDINATOR,
        11,
        "008111c5010404020b0000001400000080841e0000000000881300000c000000040000005b6287b0",
    ),
    "FEATURE_DELTA": (
        STATE,
        NodeRole.OBSERVER,
        7,
        "008111c501050200070000003c000000" + FEATURE_STATE.hex() + "1d43bd7f",
    ),
}
