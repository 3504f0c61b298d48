"""All loops of a node as one step: fast on every tick, the others by periods of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from airsonde.core.step import Every
from airsonde.mesh import health
from airsonde.mesh.fast import FastLoop
from airsonde.mesh.health import HealthReport
from airsonde.mesh.medium import MediumLoop
from airsonde.mesh.observation import NodeAction, NodeObservation, Recalibrate, Situation
from airsonde.mesh.slow import SlowLoop

MEDIUM_NS = 1_000_000_000


@dataclass(slots=True)
class Controller:
    """Feed it one observation a fast tick (about 200 ms)."""

    fast: FastLoop = field(default_factory=FastLoop)
    medium: MediumLoop = field(default_factory=MediumLoop)
    slow: SlowLoop = field(default_factory=SlowLoop)
    report: HealthReport = field(default_factory=HealthReport)
    _medium: Every[Situation, NodeAction] = field(init=False)
    _report: Every[Situation, NodeAction] = field(init=False)

    def __post_init__(self) -> None:
        self._medium = Every[Situation, NodeAction](MEDIUM_NS, self.medium)
        self._report = Every[Situation, NodeAction](health.PERIOD_NS, self.report)

    def step(self, obs: NodeObservation, /) -> Sequence[NodeAction]:
        out = list(self.fast.step(obs))
        now = Situation(obs=obs, state=self.fast.state, profile=self.fast.profile)
        out += self._medium.step(now)
        out += self.slow.step(now)
        for action in out:
            self.report.note(action)
            if isinstance(action, Recalibrate):
                self.fast.recalibrate = True
        return [*out, *self._report.step(now)]
