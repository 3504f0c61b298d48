"""Presence and motion of a room from several nodes, each weighted by how well it measures.

As soon as a node misses its turn it is taken to stand as far from the others as it did, and after a
while it fades, so that losing one moves nothing abruptly. Scores are means over the last seconds; a
state begins with what the nodes say now and ends with the mean. Nodes that contradict each other
lower the confidence; a state changes only with enough of it. Presence is said by the nodes that
could tell it for a while (`QualityFlag.PRESENCE_VALID`), by all of them where none could.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from math import exp
from operator import attrgetter

from airsonde.core.smooth import Hysteresis, Persist
from airsonde.mesh.feature_state import FeatureState
from airsonde.mesh.model import QualityFlag
from airsonde.mesh.observation import clamp

SECOND_NS = 1_000_000_000
_UNUSABLE = int(QualityFlag.DEGRADED | QualityFlag.CALIBRATING)


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionConfig:
    """`persist` fusions must agree on a state; `on` and `off` are its thresholds.

    A score follows what the nodes say with the time constants `rise_ns` and `fall_ns`. A node's
    word stands for `word_gaps` of the gaps it leaves between words. `apart_share` smooths how far
    it stands from the others, `gap_share` its gaps: of a new value that much counts. A node that
    could tell presence for `sight_ns` is believed above those that could not.
    """

    rise_ns: int = 1_500_000_000
    fall_ns: int = 2_500_000_000
    word_gaps: float = 2.0
    gap_share: float = 0.25
    first_gap_ns: int = 500_000_000
    hold_ns: int = 6 * SECOND_NS
    fade_ns: int = 9 * SECOND_NS
    fresh_ns: int = 2 * SECOND_NS
    sight_ns: int = 60 * SECOND_NS
    apart_share: float = 0.05
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
    """A node's last word, the gap it leaves between words, how far it lies above the others.

    At `blind_ns` it could not tell presence for the last time.
    """

    t_ns: int
    presence: float
    motion: float
    weight: float
    proven: bool
    blind_ns: int
    gap_ns: float
    apart: tuple[float, float] | None = None


_BLIND_NS = attrgetter("blind_ns")


@dataclass(slots=True)
class _Sums:
    """Weighted sums over the nodes; `told` is the weight of those whose presence counts.

    Those are the nodes that were not blind after `sight_ns`.
    """

    sight_ns: int = 0
    weight: float = 0.0
    told: float = 0.0
    presence: float = 0.0
    motion: float = 0.0
    squares: float = 0.0
    fresh: float = 0.0
    proven: float = 0.0
    fresh_nodes: int = 0

    def add(self, said: _Said, weight: float, *, fresh: bool) -> None:
        if said.blind_ns <= self.sight_ns:
            self.told += weight
            self.presence += weight * said.presence
            self.squares += weight * said.presence * said.presence
        self.weight += weight
        self.motion += weight * said.motion
        self.fresh += weight if fresh else 0.0
        self.proven += weight if said.proven else 0.0
        self.fresh_nodes += fresh


@dataclass(slots=True)
class Room:
    """The nodes of one room; feeding and fusing cost the same for each node, however many."""

    config: FusionConfig = field(default_factory=FusionConfig)
    _said: dict[Hashable, _Said] = field(default_factory=dict)
    _sums: _Sums = field(default_factory=_Sums)
    _mean: tuple[int, float, float] | None = None
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
        said = self._said.get(node)
        gap_ns: float = self.config.first_gap_ns
        apart, blind_ns = None, t_ns
        if said is not None:
            gap_ns = said.gap_ns
            if state.quality_flags & QualityFlag.PRESENCE_VALID:
                blind_ns = said.blind_ns
            if t_ns - said.t_ns <= self.config.fresh_ns:
                gap_ns += self.config.gap_share * (t_ns - said.t_ns - gap_ns)
                apart = self._apart(said, presence, motion)
        self._said[node] = _Said(t_ns, presence, motion, coherence, proven, blind_ns, gap_ns, apart)

    def fuse(self, t_ns: int) -> Fused:
        """The room at `t_ns`: weighted means, and the states that follow from them."""
        self._sums = sums = self._sum(t_ns)
        if not sums.told:
            self._mean = None
            return self._fused(t_ns, None, None, 0.0)
        now = sums.presence / sums.told, sums.motion / sums.weight
        presence, motion = self._follow(now, t_ns)
        variance = max(0.0, sums.squares / sums.told - now[0] * now[0])
        agreement = 1 - 2 * min(0.5, variance**0.5)
        coherence = sums.weight / max(1, len(self._said))
        confidence = agreement * min(1.0, coherence) * sums.fresh / sums.weight
        if confidence >= self.config.min_confidence:
            self._settle("occupied", state=self._presence.push(max(presence, now[0])))
            self._settle("moving", state=self._motion.push(max(motion, now[1])))
        return self._fused(t_ns, presence, motion, confidence)

    def agreement(self, node: Hashable) -> float | None:
        """How near a node's presence is to that of the others, 0…1; None without others."""
        said, sums = self._said.get(node), self._sums
        if said is None or said.blind_ns > sums.sight_ns:
            return None
        telling = sums.told - said.weight
        if telling < self.config.min_coherence:
            return None
        rest = (sums.presence - said.weight * said.presence) / telling
        return 1 - min(1.0, abs(said.presence - rest))

    def _follow(self, now: tuple[float, float], t_ns: int) -> tuple[float, float]:
        """Exponential means of what the nodes say; the first of them is taken as it is."""
        before_ns, *before = self._mean or (t_ns, *now)
        span_ns = max(0, t_ns - before_ns)
        rise, fall = exp(-span_ns / self.config.rise_ns), exp(-span_ns / self.config.fall_ns)
        presence, motion = (
            said + (mean - said) * (rise if said > mean else fall)
            for said, mean in zip(now, before, strict=True)
        )
        self._mean = t_ns, presence, motion
        return presence, motion

    def _apart(self, said: _Said, presence: float, motion: float) -> tuple[float, float] | None:
        """Smoothed distance from the mean of the others, as they stood when last fused."""
        sums = self._sums
        others = sums.weight - said.weight
        telling = sums.told - said.weight if said.blind_ns <= sums.sight_ns else 0.0
        if others <= self.config.min_coherence:
            return said.apart
        rest = (sums.presence - said.weight * said.presence) / max(telling, 1e-9)
        now = (
            presence - rest if telling > self.config.min_coherence else 0.0,
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
        c, silent, gone = self.config, [], []
        sums = _Sums(sight_ns=self._sight_ns(t_ns))
        for node, said in self._said.items():
            age_ns = t_ns - said.t_ns
            if age_ns <= min(c.fresh_ns, c.word_gaps * said.gap_ns):
                sums.add(said, said.weight, fresh=True)
            elif age_ns < c.hold_ns + c.fade_ns:
                silent.append(said)
            else:
                gone.append(node)
        for node in gone:
            del self._said[node]
        self._add_silent(sums, silent, t_ns)
        return sums

    def _sight_ns(self, t_ns: int) -> int:
        """Who was not blind after that is believed: for long enough, or anybody."""
        sight_ns = t_ns - self.config.sight_ns
        longest_ns = min(map(_BLIND_NS, self._said.values()), default=t_ns)
        return sight_ns if longest_ns <= sight_ns else t_ns

    def _add_silent(self, sums: _Sums, silent: list[_Said], t_ns: int) -> None:
        """Add who missed its turn, moved as the others moved since."""
        c, weight = self.config, sums.weight
        presence, motion, told = sums.presence, sums.motion, sums.told
        for said in silent:
            if said.apart is not None and told:
                said.presence = clamp(presence / told + said.apart[0])
            if said.apart is not None and weight:
                said.motion = clamp(motion / weight + said.apart[1])
            over_ns = max(0, t_ns - said.t_ns - c.hold_ns)
            weight_now = said.weight * (1 - over_ns / c.fade_ns)
            sums.add(said, weight_now, fresh=t_ns - said.t_ns <= c.fresh_ns)

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
