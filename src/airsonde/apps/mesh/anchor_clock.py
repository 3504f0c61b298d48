"""The anchor's clock as a node knows it; another anchor is another clock."""

from dataclasses import dataclass, field

from airsonde.core.ids import NodeId
from airsonde.mesh.clock import ClockConfig, ClockEstimate, ClockEstimator

_EVERY_NS = 1_000_000_000
# From one event loop through two sockets to another the quickest of many takes up to 0.8 ms.
_PATH = ClockConfig(least_delay_ns=400_000, least_delay_error_ns=400_000)


@dataclass(slots=True)
class AnchorClock:
    """Bounds in as they come; the estimate is renewed once a second."""

    anchor: NodeId | None = None
    _estimator: ClockEstimator = field(default_factory=lambda: ClockEstimator(_PATH))
    _estimate: ClockEstimate | None = None
    _made_ns: int | None = None

    def received(self, anchor: NodeId, *, own_ns: int, anchor_ns: int) -> None:
        if anchor != self.anchor:
            self.anchor, self._estimator = anchor, ClockEstimator(_PATH)
            self._estimate = self._made_ns = None
        self._estimator.received(own_ns=own_ns, anchor_ns=anchor_ns)

    def estimate(self, now_ns: int) -> ClockEstimate | None:
        if self._made_ns is None or now_ns - self._made_ns >= _EVERY_NS:
            self._estimate, self._made_ns = self._estimator.estimate(now_ns), now_ns
        return self._estimate

    def error_us(self, now_ns: int) -> float | None:
        estimate = self.estimate(now_ns)
        return None if estimate is None else estimate.error_ns / 1000

    def anchor_ns(self, own_ns: int) -> int:
        """A moment on the anchor's clock; on the own one while the anchor's is not known."""
        estimate = self.estimate(own_ns)
        return own_ns if estimate is None else estimate.to_anchor_ns(own_ns)
