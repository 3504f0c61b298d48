"""Time-division slots of the older protocol (ADR-032): who transmits when in a cycle."""

from dataclasses import dataclass

from airsonde.core.errors import ConfigError
from airsonde.mesh.beacon import SyncBeacon

MOST_NODES = 16
_I16 = 32_767


@dataclass(frozen=True, slots=True, kw_only=True)
class TdmPlan:
    """Equal slots, a guard behind each, then time to process what was heard.

    Raises ConfigError for 0 or more than 16 nodes and a guard as long as its slot.
    """

    nodes: int
    slot_us: int = 4000
    guard_us: int = 1000
    processing_us: int = 30_000

    def __post_init__(self) -> None:
        if not 0 < self.nodes <= MOST_NODES:
            raise ConfigError(f"a cycle has 1 to {MOST_NODES} nodes, not {self.nodes}")
        if not 0 <= self.guard_us < self.slot_us:
            raise ConfigError("the guard of a slot must be shorter than the slot")

    @property
    def cycle_us(self) -> int:
        return self.nodes * (self.slot_us + self.guard_us) + self.processing_us

    def start_us(self, slot: int) -> int:
        """When a slot begins, from the start of the cycle. Raises ConfigError for no such slot."""
        if not 0 <= slot < self.nodes:
            raise ConfigError(f"there is no slot {slot} among {self.nodes}")
        return slot * (self.slot_us + self.guard_us)


@dataclass(slots=True)
class TdmCycles:
    """Numbers the cycles and says by how much they run late so far."""

    plan: TdmPlan
    _cycle: int = -1
    _begun_us: float = 0.0
    _late_us: float = 0.0

    def begin(self, now_us: float) -> SyncBeacon:
        """The beacon that opens the next cycle; cycle 0 is the first."""
        if self._cycle >= 0:
            self._late_us += now_us - self._begun_us - self.plan.cycle_us
        self._cycle += 1
        self._begun_us = now_us
        correction = max(-_I16 - 1, min(_I16, round(-self._late_us)))
        return SyncBeacon(self._cycle, self.plan.cycle_us, correction)
