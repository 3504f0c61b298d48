"""Interrupt coalescing: never while somebody plays, unless the CPU has no time left."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.link.model import LinkAction, Reason, SetCoalescing, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class CoalescingConfig:
    """Loads in 0..1: busy above `busy_above`, and until at or below `free_below` again."""

    busy_above: float = 0.90
    free_below: float = 0.90


class Coalescing:
    """On when nobody plays; while somebody does, on only if the CPU is busy."""

    def __init__(self, config: CoalescingConfig | None = None) -> None:
        self.config = config or CoalescingConfig()
        self._busy = self._game = False
        self._load = 0.0

    def step(self, now: Situation, /) -> Sequence[LinkAction]:
        self._load, self._game = now.estimates.cpu_load, now.game
        if self._load > self.config.busy_above:
            self._busy = True
        elif self._load <= self.config.free_below:
            self._busy = False
        adaptive_rx = self._busy or not self._game
        return (SetCoalescing(ifname=now.obs.ifname, adaptive_rx=adaptive_rx),)

    def why(self) -> Reason:
        playing = "game, CPU busy: on" if self._busy else "game: off"
        return Reason(
            policy="coalescing",
            rule=playing if self._game else "no game: on",
            saw={"cpu_load": self._load, "game": self._game},
        )
