"""Presence and motion of a room from several nodes, each weighted by how well it measures.

For a while a node that falls silent is taken to stand as far from the others as it did, then it
fades, so that losing one moves nothing abruptly. Nodes that contradict each other lower the
confidence; a state changes only with enough of it.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

from airsonde.core.smooth import Hysteresis, Persist
from airsonde.mesh.feature_state import FeatureState
from airsonde.mesh.model import QualityFlag
from airsonde.mesh.observation import clamp

SECOND_NS = 1_000_000_000
_UNUSABLE = int(QualityFlag.DEGRADED | QualityFlag.CALIBRATING)


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionConfig:
    """`persist` fusions must agree on a state; `on` and `off` are its thresholds.

    `apart_share` smooths how far a node stands from the others: of a new value that much counts.
    """

    hold_ns: int = 6 * SECOND_NS
    fade_ns: int = 9 * SECOND_NS
    fresh_ns: int = 2 * SECOND_NS
    apart_share: float = 0.2
    min_coherence: float = 0.2
    min_confidence: float = 0.3
    presence_on: float = 0.6
    presence_off: float = 0.4
    motion_on: float = 0.3
    motion_off: float = 0.15
    persist: int = 5
    most_nodes: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """A room at one moment; scores are None and confidence is 0 when no node speaks for it.

    `confidence` = agreement · coherence · share of the weight that is fresh, each 0…1.
    `proven` is the share of the weight that comes from authenticated nodes.
    """

    t_ns: int
    presence: float | None
    motion: float | None
    confidence: float
    proven: float
    occupied: bool
    moving: bool
    fresh_nodes: int


@dataclass(slots=True)
class _Said:
    """The last word of a node, and by how much its words lay above those of the others."""

    t_ns: int
    presence: float
    motion: float
    weight: float
    proven: bool
    apart: tuple[float, float] | None = None


@dataclass(slots=True)
class _Sums:
    weight: float = 0.0
    presence: float = 0.0
    motion: float = 0.0
    squares: float = 0.0
    fresh: float = 0.0
    proven: float = 0.0
    fresh_nodes: int = 0

    def add(self, said: _Said, weight: float, *, fresh: bool) -> None:
        self.weight += weight
        self.presence += weight * said.presence
        self.motion += weight * said.motion
        self.squares += weight * said.presence * said.presence
        self.fresh += weight if fresh else 0.0
        self.proven += weight if said.proven else 0.0
        self.fresh_nodes += fresh


@dataclass(slots=True)
class Room:
    """The nodes of one room; feeding and fusing cost the same for each node, however many."""

    config: FusionConfig = field(default_factory=FusionConfig)
    _said: dict[Hashable, _Said] = field(default_factory=dict)
    _sums: _Sums = field(default_factory=_Sums)
    _presence: Hysteresis = field(init=False)
    _motion: Hysteresis = field(init=False)
    _settled: dict[str, bool] = field(init=False)
    _changing: dict[str, Persist] = field(init=False)

    def __post_init__(self) -> None:
        c = self.config
        self._presence = Hysteresis(on=c.presence_on, off=c.presence_off)
        self._motion = Hysteresis(on=c.motion_on, off=c.motion_off)
        self._settled = {"occupied": False, "moving": False}
        self._changing = {name: Persist(c.persist) for name in self._settled}

    def hear(self, node: Hashable, state: FeatureState, t_ns: int, *, proven: bool) -> None:
        """Take in what a node says; while it is degraded or calibrating its last word stands."""
        coherence = clamp(state.node_coherence)
        if state.quality_flags & _UNUSABLE or coherence < self.config.min_coherence:
            return
        if node not in self._said and len(self._said) >= self.config.most_nodes:
            return
        presence, motion = clamp(state.presence_score), clamp(state.motion_score)
        apart = self._apart(node, presence, motion, t_ns)
        self._said[node] = _Said(t_ns, presence, motion, coherence, proven, apart)

    def fuse(self, t_ns: int) -> Fused:
        """The room at `t_ns`: weighted means, and the states that follow from them."""
        self._sums = sums = self._sum(t_ns)
        if not sums.weight:
            return self._fused(t_ns, None, None, 0.0)
        presence, motion = sums.presence / sums.weight, sums.motion / sums.weight
        variance = max(0.0, sums.squares / sums.weight - presence * presence)
        agreement = 1 - 2 * min(0.5, variance**0.5)
        coherence = sums.weight / max(1, len(self._said))
        confidence = agreement * min(1.0, coherence) * sums.fresh / sums.weight
        if confidence >= self.config.min_confidence:
            self._settle("occupied", state=self._presence.push(presence))
            self._settle("moving", state=self._motion.push(motion))
        return self._fused(t_ns, presence, motion, confidence)

    def agreement(self, node: Hashable) -> float | None:
        """How near a node's presence is to that of the others, 0…1; None without others."""
        said, sums = self._said.get(node), self._sums
        if said is None or sums.weight <= said.weight:
            return None
        rest = (sums.presence - said.weight * said.presence) / (sums.weight - said.weight)
        return 1 - min(1.0, abs(said.presence - rest))

    def _apart(
        self, node: Hashable, presence: float, motion: float, t_ns: int
    ) -> tuple[float, float] | None:
        """Smoothed distance from the mean of the others, as they stood when last fused."""
        said, sums = self._said.get(node), self._sums
        if said is None or t_ns - said.t_ns > self.config.fresh_ns:
            return None
        others = sums.weight - said.weight
        if others <= self.config.min_coherence:
            return said.apart
        now = (
            presence - (sums.presence - said.weight * said.presence) / others,
            motion - (sums.motion - said.weight * said.motion) / others,
        )
        if said.apart is None:
            return now
        share = self.config.apart_share
        return (
            said.apart[0] + share * (now[0] - said.apart[0]),
            said.apart[1] + share * (now[1] - said.apart[1]),
        )

    def _sum(self, t_ns: int) -> _Sums:
        sums, silent, gone = _Sums(), [], []
        c = self.config
        for node, said in self._said.items():
            age_ns = t_ns - said.t_ns
            if age_ns <= c.fresh_ns:
                sums.add(said, said.weight, fresh=True)
            elif age_ns < c.hold_ns + c.fade_ns:
                silent.append(said)
            else:
                gone.append(node)
        for node in gone:
            del self._said[node]
        self._add_silent(sums, silent, t_ns)
        return sums

    def _add_silent(self, sums: _Sums, silent: list[_Said], t_ns: int) -> None:
        """Add who was not heard lately, moved as the others moved since."""
        c, weight = self.config, sums.weight
        presence, motion = (sums.presence, sums.motion) if weight else (0.0, 0.0)
        for said in silent:
            if weight and said.apart is not None:
                said.presence = clamp(presence / weight + said.apart[0])
                said.motion = clamp(motion / weight + said.apart[1])
            over_ns = max(0, t_ns - said.t_ns - c.hold_ns)
            sums.add(said, said.weight * (1 - over_ns / c.fade_ns), fresh=False)

    def _settle(self, name: str, *, state: bool) -> None:
        changing = self._changing[name]
        if changing.push(None if state is self._settled[name] else state):
            self._settled[name] = state
            changing.reset()

    def _fused(
        self, t_ns: int, presence: float | None, motion: float | None, confidence: float
    ) -> Fused:
        sums = self._sums
        return Fused(
            t_ns=t_ns,
            presence=presence,
            motion=motion,
            confidence=confidence,
            proven=sums.proven / sums.weight if sums.weight else 0.0,
            occupied=self._settled["occupied"],
            moving=self._settled["moving"],
            fresh_nodes=sums.fresh_nodes,
        )
