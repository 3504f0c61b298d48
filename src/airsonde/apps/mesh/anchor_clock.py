"""The anchor's clock as a node knows it; another anchor is another clock."""

from dataclasses import dataclass, field
from typing import Final

from airsonde.apps.mesh.beat import Beat
from airsonde.core.ids import NodeId
from airsonde.mesh.clock import ClockConfig, ClockEstimate, ClockEstimator
from airsonde.mesh.identity import Address

_EVERY_NS: Final = 1_000_000_000
_ASK_NS: Final = 500_000_000
_SILENT_NS: Final = 3_000_000_000
_MOST_OPEN: Final = 32
_U32: Final = 0xFFFF_FFFF
# What signing, two system calls and a loopback take at least; it counts until an answer came.
_PATH: Final = ClockConfig(least_delay_ns=150_000, least_delay_error_ns=150_000)


@dataclass(slots=True)
class AnchorClock:
    """Bounds in as they come, questions out; the estimate is renewed once a second."""

    anchor: NodeId | None = None
    _peer: Address | None = None
    _heard_ns: int = 0
    _estimator: ClockEstimator = field(default_factory=lambda: ClockEstimator(_PATH))
    _estimate: ClockEstimate | None = None
    _made_ns: int | None = None
    _ask: Beat = field(default_factory=lambda: Beat(_ASK_NS))
    _asked: int = 0
    _open: dict[int, int] = field(default_factory=dict)

    def received(self, anchor: NodeId, peer: Address, *, own_ns: int, anchor_ns: int) -> None:
        """A beat of the anchor's clock, from `peer`."""
        if anchor != self.anchor:
            self.anchor, self._estimator = anchor, ClockEstimator(_PATH)
            self._estimate = self._made_ns = None
            self._open.clear()
        self._peer, self._heard_ns = peer, own_ns
        self._estimator.received(own_ns=own_ns, anchor_ns=anchor_ns)

    def question(self, now_ns: int) -> tuple[int, Address] | None:
        """The number of a question to send now, and where to; None when none is due.

        An anchor that is silent is not asked.
        """
        silent = now_ns - self._heard_ns > _SILENT_NS
        if self._peer is None or silent or not self._ask.due(now_ns):
            return None
        self._asked = (self._asked + 1) & _U32
        self._open[self._asked] = now_ns
        if len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]
        return self._asked, self._peer

    def answered(self, anchor: NodeId, question: int, anchor_ns: int) -> None:
        """The question arrived at `anchor_ns`, by the anchor's clock."""
        asked_ns = self._open.pop(question, None) if anchor == self.anchor else None
        if asked_ns is not None:
            self._estimator.sent(own_ns=asked_ns, anchor_ns=anchor_ns)

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
