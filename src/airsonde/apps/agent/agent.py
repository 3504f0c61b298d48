"""The agent's state: its sources, what was concluded from them, and who is told."""

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from airsonde.apps.agent import views
from airsonde.apps.agent.calibrating import Calibrating, Learning
from airsonde.apps.agent.feeds import opener_of
from airsonde.apps.agent.kept_windows import KeptWindows
from airsonde.apps.agent.link import link_part
from airsonde.apps.agent.log import Log
from airsonde.apps.agent.parts import Part, PartState
from airsonde.apps.agent.recordings import Recorded, Recordings
from airsonde.apps.agent.remembering import Remembering
from airsonde.apps.agent.rooms import Rooms
from airsonde.apps.agent.settings import AnySource, Settings
from airsonde.apps.agent.sinks import sinks_of
from airsonde.apps.agent.source import Source, SourceState
from airsonde.apps.agent.teller import Teller
from airsonde.apps.calibrations import read_calibration
from airsonde.apps.live import Heard
from airsonde.captures.summary import SeenLane
from airsonde.core.errors import ConfigError, DriverError
from airsonde.csi.calibration import Calibration
from airsonde.csi.events import Event
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Look
from airsonde.drivers.stores.events import EventStore, KeptEvent

if TYPE_CHECKING:
    from airsonde.apps.agent.meshing import Meshing


class Agent:
    """Takes what sources hear, keeps what is to be kept, tells the rest to the hub.

    Raises DriverError when the store cannot be opened, ConfigError for settings that cannot
    hold here.
    """

    def __init__(self, settings: Settings, log: Log, *, file: str | None = None) -> None:
        self.settings = settings
        self.file = file
        self.log = log
        self.began_ns = time.time_ns()
        self.windows = KeptWindows()
        self.rooms = Rooms()
        self.calibrating = Calibrating()
        self.store = EventStore.open(settings.agent.folder / "events.sqlite")
        retention = settings.agent.retention
        captures_bytes = round(retention.captures_mb * 1e6)
        self.recordings = Recordings(settings.agent.folder / "captures", captures_bytes)
        self.sources: dict[str, Source] = {}
        self.teller = Teller(self.sources, self.rooms, self.recordings, settings.agent.privacy)
        memory = settings.memory
        self.memory = Remembering(memory, settings.sources) if memory.enabled else None
        self.link = link_part(settings.link, self.teller.link, log)
        self.sinks = sinks_of(settings.sinks, self.teller, log)
        self.parts: list[PartState] = []
        self.events_told: Counter[tuple[str, str]] = Counter()
        self.windows_told: Counter[str] = Counter()
        self.store_fault: str | None = None
        self._numbered = 0
        for name, source in settings.sources.items():
            self.add_source(name, source)
        self.mesh = self._meshing()

    def asked_for(self) -> list[Part]:
        """What the configuration asks for besides sources."""
        link = None if self.link.mode == "off" else self.link
        return [*(p for p in (self.memory, link, self.mesh) if p is not None), *self.sinks]

    def add_source(self, name: str, settings: AnySource) -> Source:
        """A new source; somebody else runs it."""
        if name in self.sources:
            raise ConfigError(f"there is a source {name} already")
        source = Source(name, self._numbered, settings, opener_of(settings), self)
        if settings.calibration is not None:
            source.calibration = read_calibration(settings.calibration)
        self._numbered += 1
        self.sources[name] = source
        return source

    def remove_source(self, source: Source) -> None:
        """Forget a source that is not run any more, and everything of it but its events."""
        self.sources.pop(source.name, None)
        self.rooms.forget(source.name)
        self.windows.forget(source.name)
        self.teller.source_gone(source)

    def heard(self, source: Source, heard: Heard) -> None:
        """Frames came from a source, or conclusions."""
        if self.mesh is not None:
            self.mesh.take(source, heard)
        told_ns = time.time_ns()
        for batch in heard.batches:
            self._frames(source, batch)
        self._looks(source, heard, told_ns)
        for event in heard.findings.events:
            self._event(source, event, told_ns)
        for recorded in self.recordings.take(source, heard.batches):
            self._recorded(recorded)
        for learning in self.calibrating.take(source, heard):
            self._learnt(learning)

    def changed(self, source: Source) -> None:
        """The state or the session of a source is another one now."""
        self.log.info(
            "source",
            source=source.name,
            session=source.session.number if source.session else None,
            origin=source.provenance,
            state=source.state,
            reason=source.reason,
        )
        self.teller.source(source)
        self.teller.room(source.room)

    def problems(self) -> list[dict[str, Any]]:
        """What is not as it should be."""
        found: list[dict[str, Any]] = [
            {"source_id": s.name, "reason": s.reason or f"nothing has come from {s.where}"}
            for s in self.sources.values()
            if s.state in {SourceState.WAITING, SourceState.SILENT}
        ]
        found += [{"source_id": None, "reason": p.reason} for p in self.parts if p.reason]
        if self.store_fault:
            found.append({"source_id": None, "reason": self.store_fault})
        return found

    def close(self) -> None:
        """End recordings in order, then the store."""
        self.recordings.close()
        self.store.close()

    def _meshing(self) -> "Meshing | None":
        settings = self.settings.mesh
        if settings.role == "off":
            return None
        from airsonde.apps.agent.meshing import Meshing

        return Meshing(settings, self.sources, self.teller, self.log)

    def _frames(self, source: Source, batch: FrameBatch) -> None:
        session = source.session
        if session is None:
            return
        number = batch.lane.number
        seen = session.lanes.get(number)
        new = seen is None
        if seen is None:
            seen = session.lanes[number] = SeenLane(batch.lane)
        first = seen.frames
        seen.add(batch)
        if new:
            self.teller.lane(seen, source, session)
        self.teller.rows(source, first, batch)

    def _looks(self, source: Source, heard: Heard, told_ns: int) -> None:
        for look in heard.findings.looks:
            self._look(source, look, told_ns)
        for signal in heard.signal:
            self.rooms.take_signal(source.name, signal, told_ns)
        if heard.findings.looks or heard.signal:
            self.teller.room(source.room)

    def _look(self, source: Source, look: Look, told_ns: int) -> None:
        session = source.session.number if source.session else 0
        self.rooms.take(source.name, look, told_ns)
        self.windows_told[source.name] += 1
        if self.memory is not None:
            self.memory.take(source, session, look.window, told_ns)
        view = views.window_view(look, source, session, told_ns)
        window, lane = look.window, look.window.lane.number
        json = msgspec.json.encode(view)
        self.windows.add(
            source=source.name,
            session=session,
            lane=lane,
            window_id=window.window_id,
            end_ns=window.end_ns,
            json=json,
        )
        self.teller.window(source, lane, json)

    def _event(self, source: Source, event: Event, told_ns: int) -> None:
        kept = KeptEvent(
            told_ns=told_ns,
            session=source.session.number if source.session else 0,
            room=source.room,
            origin=source.provenance.value,
            event=event,
        )
        self.events_told[source.name, event.kind.value] += 1
        try:
            kept = replace(kept, number=self.store.add(kept))
            self.store_fault = None
        except DriverError as e:
            self.store_fault = str(e)
            self.log.warning("event not kept", source=source.name, reason=e)
        self.teller.event(kept)

    def _recorded(self, recorded: Recorded) -> None:
        self.log.info("capture ended", capture=recorded.capture_id, reason=recorded.reason)
        self.teller.capture(recorded)

    def _learnt(self, learning: Learning) -> None:
        outcome = learning.outcome
        if isinstance(outcome, Calibration):
            learning.source.calibration = outcome
            learning.source.begin_anew()
        self.log.info("calibration ended", calibration=learning.learning_id)
        self.teller.learning(learning)
