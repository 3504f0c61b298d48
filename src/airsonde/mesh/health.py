"""HEALTH once a second: how a node fares, in its own words."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.mesh.messages import Health
from airsonde.mesh.model import EVERY_NODE, HealthFlag, NodeState
from airsonde.mesh.observation import NodeAction, ProposeRole, Report, SetDeltaOnly, Situation

SECOND_NS = 1_000_000_000
PERIOD_NS = SECOND_NS
_U16 = 0xFFFF


@dataclass(slots=True)
class HealthReport:
    """Turns a situation into a report; what is unknown goes out as the protocol's 0 or 65535."""

    delta_only: bool = False
    proposes_observer: bool = False

    def note(self, action: NodeAction) -> None:
        """Remember what other loops said and HEALTH repeats."""
        if isinstance(action, SetDeltaOnly):
            self.delta_only = action.on
        elif isinstance(action, ProposeRole):
            self.proposes_observer = True

    def step(self, now: Situation, /) -> Sequence[NodeAction]:
        radio, error_us = now.obs.radio, now.obs.clock_error_us
        busy = None if radio.channel is None else radio.busy.get(radio.channel)
        health = Health(
            node_id=EVERY_NODE,
            local_time_us=0,
            role=now.obs.role,
            channel=_within(radio.channel, 0, 255),
            bw_mhz=_within(radio.bw_mhz, 0, 255),
            noise_dbm=_within(radio.noise_dbm, -128, 127),
            pkt_yield=_within(radio.pkt_yield, 0, _U16),
            sync_error_us=_U16 if error_us is None else _within(error_us, 0, _U16),
            health_flags=self._flags(now),
            busy=0 if busy is None else 1 + _within(1000 * busy, 0, 1000),
        )
        self.proposes_observer = False
        return (Report(health),)

    def _flags(self, now: Situation) -> HealthFlag:
        holds = {
            HealthFlag.DEGRADED: now.state is NodeState.DEGRADED,
            HealthFlag.CALIBRATING: now.state is NodeState.CALIBRATION,
            HealthFlag.CLOCK_UNKNOWN: now.obs.clock_error_us is None,
            HealthFlag.DELTA_ONLY: self.delta_only,
            HealthFlag.BETTER_OBSERVER: self.proposes_observer,
        }
        return HealthFlag(sum(flag for flag, on in holds.items() if on))


def _within(value: float | None, low: int, high: int) -> int:
    return 0 if value is None else max(low, min(high, round(value)))
