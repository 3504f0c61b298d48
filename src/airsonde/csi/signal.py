"""The words of sensing by signal strength alone: one number a moment, of the link to one peer."""

from dataclasses import dataclass
from typing import Final

from airsonde.csi.events import MotionReading, PresenceReading

BASIS: Final = "signal strength alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSample:
    """What a card says of the last frame it heard; `rate` names the rate of that frame, if known.

    Frames of different rates may be sent with different power, and are not compared.
    """

    t_ns: int
    signal_dbm: float
    peer: bytes
    rate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLook:
    """What is read from the last seconds: that something moves, or nothing at all.

    `motion.moving` is True or None, `presence.verdict` MOVING or UNKNOWN, never anything else.
    `samples` came since the look before.
    """

    motion: MotionReading
    presence: PresenceReading
    samples: int
