"""What leaves a node: feature states, and raw CSI only within a grant that ends by itself."""

from dataclasses import dataclass, field

from airsonde.mesh.feature_state import FeatureState

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaConfig:
    """A state is sent when a score moved by `least`, its flags or mode changed, or for a sign."""

    least: float = 0.05
    keepalive_ns: int = 1 * SECOND_NS


@dataclass(slots=True)
class FeatureStream:
    """Which feature states are sent: all of them, or with `delta_only` those that differ."""

    config: DeltaConfig = field(default_factory=DeltaConfig)
    delta_only: bool = False
    _last: FeatureState | None = None
    _sent_ns: int = 0

    def admits(self, state: FeatureState, t_ns: int) -> bool:
        last = self._last
        quiet = self.delta_only and last is not None and not self._differs(state, last)
        if quiet and t_ns - self._sent_ns < self.config.keepalive_ns:
            return False
        self._last, self._sent_ns = state, t_ns
        return True

    def _differs(self, a: FeatureState, b: FeatureState) -> bool:
        if (a.mode, a.quality_flags) != (b.mode, b.quality_flags):
            return True
        scores = ("motion_score", "presence_score", "anomaly_score", "env_shift_score")
        return any(abs(getattr(a, s) - getattr(b, s)) >= self.config.least for s in scores)


@dataclass(slots=True)
class RawStream:
    """Closed unless granted; while open at most `bytes_per_s`, with a second's worth of burst."""

    bytes_per_s: int = 20_000
    _until_ns: int | None = None
    _credit: float = 0.0
    _counted_ns: int = 0

    def grant(self, until_ns: int | None, t_ns: int) -> None:
        """Open until a moment, or close."""
        self._until_ns = until_ns
        self._credit, self._counted_ns = float(self.bytes_per_s), t_ns

    def is_open(self, t_ns: int) -> bool:
        return self._until_ns is not None and t_ns < self._until_ns

    def admits(self, size: int, t_ns: int) -> bool:
        """Whether a raw datagram of `size` bytes may leave now; what may not is dropped."""
        if not self.is_open(t_ns):
            return False
        gained = (t_ns - self._counted_ns) / SECOND_NS * self.bytes_per_s
        self._credit = min(self.bytes_per_s, self._credit + gained)
        self._counted_ns = t_ns
        if size > self._credit:
            return False
        self._credit -= size
        return True
