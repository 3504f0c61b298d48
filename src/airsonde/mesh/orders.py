"""What a coordinator decided, as the messages that say so; `inbox` reads them at the other end."""

from typing import assert_never

from airsonde.core.ids import NodeId
from airsonde.mesh.messages import CalibrationStart, ChannelPlan, RoleAssign
from airsonde.mesh.model import NodeRole
from airsonde.mesh.planner import Assign, Calibrate, Move, PlanAction

CALIBRATION_LEAD_US = 500_000


def claim(node: NodeId, epoch: int) -> RoleAssign:
    """The message by which a coordinator renews its lease."""
    return RoleAssign(node, NodeRole.COORDINATOR, epoch)


def order(
    action: PlanAction, *, epoch: int, anchor_time_us: int
) -> RoleAssign | ChannelPlan | CalibrationStart:
    """The message of one planned action, in force at once.

    A calibration begins half a second from `anchor_time_us`, so that every node has heard of it.
    """
    match action:
        case Assign(node, role):
            return RoleAssign(node, role, epoch)
        case Move(node, channel):
            return ChannelPlan(node, 0, 0, (channel,), epoch)
        case Calibrate(duration_ms, profile):
            start_us = anchor_time_us + CALIBRATION_LEAD_US
            return CalibrationStart(start_us, duration_ms, epoch, profile)
        case _:
            assert_never(action)


def grant_raw(node: NodeId, channel: int, *, epoch: int) -> ChannelPlan:
    """Let one node stream raw CSI where it is; its stream ends by itself."""
    return ChannelPlan(node, 0, 1, (channel,), epoch)
