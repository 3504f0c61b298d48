"""Puts what becomes known into the words of the API and passes it to whoever listens."""

from collections.abc import Mapping

import msgspec

from airsonde.apps.agent import mesh_views, views
from airsonde.apps.agent.calibrating import Learning
from airsonde.apps.agent.hub import Fields, Hub, Notice, Rows, Topic
from airsonde.apps.agent.provenance import Provenance, least_real
from airsonde.apps.agent.recordings import Recorded, Recordings
from airsonde.apps.agent.rooms import Rooms, by_room
from airsonde.apps.agent.settings import PrivacySettings
from airsonde.apps.agent.source import Session, Source
from airsonde.captures.summary import SeenLane
from airsonde.csi.model import FrameBatch
from airsonde.drivers.stores.events import KeptEvent


class Teller:
    """One method for each kind of news; without a listener none of them does anything dear."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        rooms: Rooms,
        recordings: Recordings,
        privacy: PrivacySettings,
    ) -> None:
        self.hub = Hub()
        self._sources = sources
        self._rooms = rooms
        self._recordings = recordings
        self._privacy = privacy
        self.mesh_now: Fields = mesh_views.NOTHING

    @property
    def provenance(self) -> Provenance:
        """What may be claimed of everything the agent says."""
        mesh = Provenance(self.mesh_now["origin"])
        return least_real([mesh, *(source.provenance for source in self._sources.values())])

    def sources(self) -> list[Fields]:
        return [views.source_view(s, self._privacy) for s in self._sources.values()]

    def rooms(self) -> list[Fields]:
        rooms = by_room(list(self._sources.values()))
        return [self._rooms.room(name, sources) for name, sources in rooms.items()]

    def lanes(self, only: str | None = None) -> list[Fields]:
        """The lanes of the present sessions of all sources or of one."""
        return [
            views.lane_view(lane, source, source.session)
            for source in self._sources.values()
            if source.session is not None and only in {None, source.name}
            for lane in source.session.lanes.values()
        ]

    def source(self, source: Source) -> None:
        if self.hub.listened:
            view = views.source_view(source, self._privacy)
            self._tell(Topic.SOURCES, "source", source.provenance, {"source": view}, source.name)

    def source_gone(self, source: Source) -> None:
        fields = {"source_id": source.name}
        self._tell(Topic.SOURCES, "source_gone", source.provenance, fields, source.name)

    def lane(self, seen: SeenLane, source: Source, session: Session) -> None:
        view = views.lane_view(seen, source, session)
        self._tell(Topic.SOURCES, "lane", source.provenance, {"lane": view}, source.name)

    def room(self, name: str) -> None:
        if not self.hub.listened:
            return
        sources = by_room(list(self._sources.values())).get(name, [])
        if sources:
            view = self._rooms.room(name, sources)
            self._tell(
                Topic.ROOMS, "room", least_real(s.provenance for s in sources), {"room": view}
            )

    def rows(self, source: Source, first: int, batch: FrameBatch) -> None:
        """Frames as they were measured, where they may leave."""
        if self.hub.listened and self.raw_may_leave(source):
            self.hub.tell(Rows(source=source, first=first, batch=batch))

    def raw_may_leave(self, source: Source) -> bool:
        return views.raw_may_leave(source, on_wire=True, privacy=self._privacy)

    def window(self, source: Source, lane: int, json: bytes) -> None:
        if self.hub.listened:
            fields = {"origin": source.provenance.value, "window": msgspec.Raw(json)}
            self.hub.tell(
                Notice(
                    topic=Topic.WINDOWS, kind="window", fields=fields, source=source.name, lane=lane
                )
            )

    def event(self, kept: KeptEvent) -> None:
        fields = {"event": views.event_view(kept)}
        self._tell(Topic.EVENTS, "event", Provenance(kept.origin), fields, kept.event.source)

    def capture(self, recorded: Recorded) -> None:
        fields = {"capture": views.capture_view(recorded, self._recordings)}
        self._tell(Topic.CAPTURES, "capture", recorded.origin, fields, recorded.source_id)

    def capture_gone(self, recorded: Recorded) -> None:
        fields = {"capture_id": recorded.capture_id}
        self._tell(Topic.CAPTURES, "capture_gone", recorded.origin, fields, recorded.source_id)

    def learning(self, learning: Learning) -> None:
        source = learning.source
        fields = {"calibration": views.learning_view(learning)}
        self._tell(Topic.CALIBRATIONS, "calibration", source.provenance, fields, source.name)

    def link(self, view: Fields) -> None:
        """The link is measured here and now, whatever the sources are."""
        self._tell(Topic.LINK, "link", Provenance.LIVE, {"link": view})

    def mesh(self, standing: Fields) -> None:
        """How the mesh stands from now on."""
        self.mesh_now = standing
        self._tell(Topic.MESH, "mesh", Provenance(standing["origin"]), {"mesh": standing})

    def happening(self, happening: Fields) -> None:
        origin = Provenance(self.mesh_now["origin"])
        self._tell(Topic.MESH, "happening", origin, {"happening": happening})

    def status(self, fields: Fields) -> None:
        self._tell(Topic.STATUS, "status", self.provenance, fields)

    def _tell(
        self,
        topic: Topic,
        kind: str,
        provenance: Provenance,
        fields: Fields,
        source: str | None = None,
    ) -> None:
        if self.hub.listened:
            fields = {"origin": provenance.value, **fields}
            self.hub.tell(Notice(topic=topic, kind=kind, fields=fields, source=source))
