"""One room as its coordinator runs it: what its nodes say together, what they are told to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from airsonde.apps.mesh.roster import NodeEntry
from airsonde.mesh.fusion import Fused, Room
from airsonde.mesh.planner import Calibrate, PlanAction, Planner, RoomView
from airsonde.mesh.survey import ChannelSurvey

_APART: Final = 0.5
_APART_S: Final = 10


@dataclass(slots=True)
class RoomDesk:
    """`changed` after `fuse`: whether occupied or moving is not what it was."""

    name: str
    channels: tuple[int, ...] = ()
    room: Room = field(default_factory=Room)
    planner: Planner = field(default_factory=Planner)
    survey: ChannelSurvey = field(default_factory=ChannelSurvey)
    fused: Fused | None = None
    changed: bool = False
    _anchor: tuple[int, int] | None = None

    def fuse(self, t_ns: int) -> Fused:
        before, self.fused = self.fused, self.room.fuse(t_ns)
        now = self.fused.occupied, self.fused.moving
        self.changed = before is not None and (before.occupied, before.moving) != now
        return self.fused

    def anchor_said(self, anchor_us: int, t_ns: int) -> None:
        """The anchor's clock stood at `anchor_us` when this was heard."""
        self._anchor = anchor_us, t_ns

    def anchor_us(self, t_ns: int) -> int:
        """The anchor's clock now; 0 when it was never heard, which means at once."""
        if self._anchor is None:
            return 0
        said_us, heard_ns = self._anchor
        return said_us + (t_ns - heard_ns) // 1000

    def plan(self, entries: Iterable[NodeEntry], t_ns: int) -> Sequence[PlanAction]:
        """What should change; ask about once a second."""
        entries = list(entries)
        seen = [(entry, entry.view(calibrated=self._agrees(entry))) for entry in entries]
        views = [view for entry, view in seen if view is not None and not entry.coordinator]
        busy = self.survey.busy(self.channels, t_ns)
        actions = self.planner.step(RoomView(t_ns=t_ns, nodes=views, busy=busy))
        if any(isinstance(action, Calibrate) for action in actions):
            for entry in entries:
                entry.apart_s = 0
        return actions

    def _agrees(self, entry: NodeEntry) -> bool:
        """False once a node contradicted the others for ten seconds."""
        agreement = self.room.agreement(entry.source)
        apart = agreement is not None and agreement < _APART
        entry.apart_s = entry.apart_s + 1 if apart else 0
        return entry.apart_s < _APART_S
