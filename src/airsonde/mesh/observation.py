"""What the loops of a node look at, and what they say should be done."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from airsonde.core.step import Setting
from airsonde.mesh.messages import AnomalyAlert, Health
from airsonde.mesh.model import CaptureProfile, NodeRole, NodeState


def clamp(score: float) -> float:
    """A score within 0…1; NaN counts as 0."""
    return min(1.0, score) if score > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioHealth:
    """A radio over its last whole window; `pkt_yield` (packets a second) is None before the first.

    `busy` is the share of time that each surveyed channel was occupied, 0…1.
    """

    open: bool
    pkt_yield: float | None = None
    send_failures: int = 0
    channel: int | None = None
    bw_mhz: int | None = None
    rssi_median_dbm: float | None = None
    noise_dbm: float | None = None
    busy: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeObservation:
    """One fast tick. Presence, motion and anomaly are three different numbers, each 0…1.

    `self_test` is None while it runs, `calibrated` says that a baseline was measured since the node
    last entered CALIBRATION,
    `agreement` (0…1) is what the coordinator's fusion says of this node against the others,
    `env_shift` how far the baseline moved since calibration.
    """

    t_ns: int
    radio: RadioHealth
    role: NodeRole = NodeRole.UNASSIGNED
    motion: float = 0.0
    presence: float = 0.0
    anomaly: float = 0.0
    coherence: float = 1.0
    self_test: bool | None = None
    clock_error_us: float | None = None
    calibrated: bool = False
    csi_variance: float | None = None
    agreement: float | None = None
    env_shift: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """An observation, and how the fast loop stands to it: what the slower loops look at."""

    obs: NodeObservation
    state: NodeState
    profile: CaptureProfile

    @property
    def t_ns(self) -> int:
        return self.obs.t_ns


class _OneKnob(Setting):
    """A setting of which there is one a node."""

    __slots__ = ()

    @property
    def knob(self) -> Hashable:
        return type(self)


@dataclass(frozen=True, slots=True)
class SetProfile(_OneKnob):
    profile: CaptureProfile


@dataclass(frozen=True, slots=True)
class SetChannel(_OneKnob):
    channel: int
    bw_mhz: int


@dataclass(frozen=True, slots=True)
class SetReportInterval(_OneKnob):
    """How often vitals are worth reporting."""

    ms: int


@dataclass(frozen=True, slots=True)
class SetRawCsi(_OneKnob):
    """Open the raw stream until a moment of the observations' clock; None closes it."""

    until_ns: int | None


@dataclass(frozen=True, slots=True)
class SetDeltaOnly(_OneKnob):
    """Send a feature state only when it differs from the one before."""

    on: bool


@dataclass(frozen=True, slots=True)
class EnterState:
    state: NodeState
    before: NodeState


@dataclass(frozen=True, slots=True)
class Raise:
    """An alert to send; the node fills in its id and clock."""

    alert: AnomalyAlert


@dataclass(frozen=True, slots=True)
class Report:
    """Health to send; the node fills in its id and clock."""

    health: Health


@dataclass(frozen=True, slots=True)
class Recalibrate:
    """Measure the baseline anew."""

    reason: str


@dataclass(frozen=True, slots=True)
class ProposeRole:
    """The node is better off with another role; the coordinator decides."""

    role: NodeRole
    reason: str


NodeAction = (
    SetProfile
    | SetChannel
    | SetReportInterval
    | SetRawCsi
    | SetDeltaOnly
    | EnterState
    | Raise
    | Report
    | Recalibrate
    | ProposeRole
)
