"""What the API tells: one function for each GET."""

import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from airsonde import __version__
from airsonde.apps.agent import views
from airsonde.apps.agent.actions import Actions
from airsonde.apps.agent.agent import Agent
from airsonde.apps.agent.hub import Topic
from airsonde.apps.agent.kept_windows import KeptWindow, WindowQuery
from airsonde.apps.agent.recordings import Recorded
from airsonde.apps.agent.settings import public_settings
from airsonde.apps.agent.source import Source, SourceState
from airsonde.apps.calibrations import kept_calibrations
from airsonde.core.errors import ConfigError
from airsonde.drivers.linux.process import resident_bytes
from airsonde.drivers.stores.events import EventQuery, KeptEvent
from airsonde.faces.http.faults import not_found
from airsonde.faces.http.guard import ACCESS
from airsonde.faces.http.queries import EventParameters, LaneParameters, WindowParameters
from airsonde.faces.http.tokens import Access

Fields: TypeAlias = dict[str, Any]
_EVENT_ID: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, its parameters and its body as types."""

    agent: Agent
    actions: Actions
    request: Request
    parameters: Any = None
    body: Any = None

    @property
    def path(self) -> Mapping[str, str]:
        return self.request.path_params

    def listing(self, items: list[Any], next_: str | None = None) -> Fields:
        origin = self.agent.teller.provenance.value
        return {"items": items, "next": next_, "origin": origin}


def health(asked: Asked) -> Fields:
    agent = asked.agent
    now_ns, resident = time.time_ns(), resident_bytes()
    states = Counter(source.state for source in agent.sources.values())
    problems = agent.problems()
    return {
        "status": "degraded" if problems else "ok",
        "version": __version__,
        "began_ns": str(agent.began_ns),
        "now_ns": str(now_ns),
        "uptime_s": round((now_ns - agent.began_ns) / 1e9, 1),
        "origin": agent.teller.provenance.value,
        "rss_mb": None if resident is None else round(resident / 1e6, 1),
        "clients": len(agent.teller.hub),
        "sources": {state.value: states[state] for state in SourceState},
        "parts": [{"name": p.name, "state": p.state, "reason": p.reason} for p in agent.parts],
        "problems": problems,
        "topics": [topic.value for topic in Topic],
        "writable": asked.request.scope[ACCESS] is Access.WRITE,
    }


def rooms(asked: Asked) -> Fields:
    return asked.listing(asked.agent.teller.rooms())


def sources(asked: Asked) -> Fields:
    return asked.listing(asked.agent.teller.sources())


def source(asked: Asked) -> Fields:
    found = source_named(asked, asked.path["source_id"])
    return views.source_view(found, asked.agent.settings.agent.privacy)


def lanes(asked: Asked) -> Fields:
    parameters: LaneParameters = asked.parameters
    return asked.listing(asked.agent.teller.lanes(parameters.source_id))


def windows(asked: Asked) -> Fields:
    p: WindowParameters = asked.parameters
    query = WindowQuery(
        source=p.source_id,
        session=p.session,
        lane=p.lane,
        since_ns=p.since_ns,
        until_ns=p.until_ns,
        after=p.after,
        limit=p.limit,
    )
    found = asked.agent.windows.find(query)
    next_ = str(found[-1].number) if len(found) == p.limit else None
    return asked.listing(_raw(found), next_)


def events(asked: Asked) -> Fields:
    p: EventParameters = asked.parameters
    query = EventQuery(
        source=p.source_id,
        room=p.room,
        origin=p.origin,
        kinds=[kind.value for kind in p.kind],
        since_ns=p.since_ns,
        until_ns=p.until_ns,
        newest=p.order == "newest",
        after=p.after,
        limit=p.limit,
    )
    found = asked.agent.store.events(query)
    next_ = str(found[-1].number) if len(found) == p.limit else None
    return asked.listing([views.event_view(kept) for kept in found], next_)


def event(asked: Asked) -> Fields:
    return views.event_view(_event(asked))


def evidence(asked: Asked) -> Fields:
    kept = _event(asked)
    wanted = frozenset(kept.event.evidence)
    found = asked.agent.windows.evidence(kept.event.source, kept.session, wanted)
    missing = sorted(wanted - {window.window_id for window in found})
    return asked.listing(_raw(found)) | {"missing": missing}


def captures(asked: Asked) -> Fields:
    recordings = asked.agent.recordings
    return asked.listing([views.capture_view(r, recordings) for r in recordings.all()])


def capture(asked: Asked) -> Fields:
    return views.capture_view(recorded_named(asked), asked.agent.recordings)


def capture_file(asked: Asked) -> Response:
    recorded, recordings = recorded_named(asked), asked.agent.recordings
    if recordings.is_running(recorded.capture_id):
        raise ConfigError("it is still being recorded; stop it first")
    path = recordings.path(recorded.capture_id)
    if not path.is_file():
        raise not_found("frame in it")
    headers = {"cache-control": "no-store"}
    return FileResponse(
        path, filename=path.name, media_type="application/octet-stream", headers=headers
    )


def calibrations(asked: Asked) -> Fields:
    attempts = asked.agent.calibrating.attempts
    begun = [views.learning_view(learning) for learning in reversed(attempts.values())]
    kept = [views.calibration_view(c) for c in kept_calibrations() if c.version not in attempts]
    return asked.listing(begun + kept)


def calibration(asked: Asked) -> Fields:
    wanted = asked.path["calibration_id"]
    if (learning := asked.agent.calibrating.attempts.get(wanted)) is not None:
        return views.learning_view(learning)
    for kept in kept_calibrations():
        if kept.version == wanted:
            return views.calibration_view(kept)
    raise not_found("such calibration", "GET /api/v1/calibrations lists them")


def config(asked: Asked) -> Fields:
    agent = asked.agent
    return {
        "file": agent.file,
        "config": public_settings(agent.settings),
        "origin": agent.teller.provenance.value,
    }


def source_named(asked: Asked, name: str) -> Source:
    """The source of that name. Raises RefusedError when there is none."""
    found = asked.agent.sources.get(name)
    if found is None:
        raise not_found(f"source {name!r}", "GET /api/v1/sources lists them")
    return found


def recorded_named(asked: Asked) -> Recorded:
    """The recording the path names. Raises RefusedError when there is none."""
    found = asked.agent.recordings.find(asked.path["capture_id"])
    if found is None:
        raise not_found("such capture", "GET /api/v1/captures lists them")
    return found


def _event(asked: Asked) -> KeptEvent:
    number = asked.path["id"]
    kept = asked.agent.store.event(int(number)) if _EVENT_ID.fullmatch(number) else None
    if kept is None:
        raise not_found("such event", "it may have been forgotten; GET /api/v1/events lists them")
    return kept


def _raw(found: list[KeptWindow]) -> list[msgspec.Raw]:
    return [msgspec.Raw(window.json) for window in found]
