"""Who is there: every node a coordinator heard, when, and what it said of itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from airsonde.apps.mesh.origin import origin_word
from airsonde.mesh.identity import Address, Source
from airsonde.mesh.messages import Health
from airsonde.mesh.model import CaptureProfile, HealthFlag, NodeRole
from airsonde.mesh.planner import NodeView

SECOND_NS: Final = 1_000_000_000
_U16: Final = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterConfig:
    """Silent for `dead_ns` is dead; forgotten is later, sooner where nothing was proven."""

    dead_ns: int = 5 * SECOND_NS
    forget_ns: int = 3600 * SECOND_NS
    forget_unproven_ns: int = 60 * SECOND_NS
    most: int = 65_536


@dataclass(slots=True)
class NodeEntry:
    """One node; `coordinator`: it claimed to lead, so it is no node of a room."""

    source: Source
    address: Address
    room: str
    first_ns: int
    heard_ns: int
    messages: int = 0
    raw_bytes: int = 0
    mode: int = CaptureProfile.PASSIVE_LOW_RATE
    flags: int = 0
    health: Health | None = None
    dead: bool = False
    coordinator: bool = False
    clock_told: bool = False
    apart_s: int = 0

    @property
    def name(self) -> str:
        """The id that was proven, or a number with the address it came from."""
        node = self.source.node
        said = node.hex() if isinstance(node, bytes) else "?" if node is None else str(node)
        return said if self.proven else f"{said}@{self.address[0]}:{self.address[1]}"

    @property
    def proven(self) -> bool:
        return self.source.address is None

    @property
    def sync_error_us(self) -> int | None:
        """What the node says of its clock; None where it does not know."""
        known = self.health is not None and self.health.sync_error_us < _U16
        return self.health.sync_error_us if self.health is not None and known else None

    @property
    def origin(self) -> str | None:
        """How real its frames are, in its own words; None before it said how it fares."""
        return None if self.health is None else origin_word(self.health.health_flags)

    def view(self, *, calibrated: bool) -> NodeView | None:
        """The node as a planner sees it; None while it cannot be planned for."""
        node, health = self.source.node, self.health
        if not self.proven or not isinstance(node, bytes) or health is None or self.dead:
            return None
        role = NodeRole(health.role) if health.role < len(NodeRole) else NodeRole.UNASSIGNED
        known = self.mode < len(CaptureProfile)
        return NodeView(
            node=node,
            role=role,
            channel=health.channel,
            profile=CaptureProfile(self.mode) if known else CaptureProfile.PASSIVE_LOW_RATE,
            sync_error_us=health.sync_error_us,
            better_observer=bool(health.health_flags & HealthFlag.BETTER_OBSERVER),
            calibrated=calibrated,
        )


@dataclass(slots=True)
class Roster:
    """The entries; a stranger is not let in when there are too many."""

    config: RosterConfig = field(default_factory=RosterConfig)
    turned_away: int = 0
    _entries: dict[Source, NodeEntry] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[NodeEntry]:
        return iter(self._entries.values())

    def get(self, source: Source) -> NodeEntry | None:
        return self._entries.get(source)

    def hear(self, source: Source, address: Address, room: str, t_ns: int) -> NodeEntry | None:
        """The entry of whoever was just heard; None when it was turned away."""
        entry = self._entries.get(source)
        if entry is None:
            if len(self._entries) >= self.config.most:
                self.turned_away += 1
                return None
            entry = NodeEntry(source, address, room, t_ns, t_ns)
            self._entries[source] = entry
        entry.address, entry.heard_ns = address, t_ns
        entry.messages += 1
        return entry

    def silent(self, t_ns: int) -> list[NodeEntry]:
        """Who fell silent since this was asked last; those silent for long are forgotten."""
        c, dead, gone = self.config, [], []
        for entry in self._entries.values():
            age_ns = t_ns - entry.heard_ns
            if age_ns > (c.forget_ns if entry.proven else c.forget_unproven_ns):
                gone.append(entry.source)
            if age_ns > c.dead_ns and not entry.dead:
                entry.dead = True
                dead.append(entry)
        for source in gone:
            del self._entries[source]
        return dead
