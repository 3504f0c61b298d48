"""Every path of the API in one table; routes and the OpenAPI document are made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from airsonde.faces.http import (
    link_models,
    linked,
    mesh_models,
    meshed,
    models,
    reading,
    remembered,
    writing,
)
from airsonde.faces.http.queries import (
    EventParameters,
    LaneParameters,
    LikenessParameters,
    Parameters,
    WindowParameters,
)
from airsonde.faces.http.reading import Asked

BASE: Final = "/api/v1"
Call: TypeAlias = Callable[[Asked], Any] | Callable[[Asked], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path; without `answer` it gives a file (200) or nothing (204)."""

    method: str
    path: str
    summary: str
    call: Call
    answer: type[BaseModel] | None = None
    status: int = 200
    parameters: type[Parameters] | None = None
    body: type[BaseModel] | None = None
    refuses: tuple[int, ...] = ()

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def _get(path: str, summary: str, call: Call, answer: Any, **more: Any) -> Endpoint:
    return Endpoint(method="GET", path=path, summary=summary, call=call, answer=answer, **more)


def _post(path: str, summary: str, call: Call, answer: Any, **more: Any) -> Endpoint:
    return Endpoint(method="POST", path=path, summary=summary, call=call, answer=answer, **more)


_CAPTURE: Final = "/captures/{capture_id}"
_CALIBRATION: Final = "/calibrations/{calibration_id}"

ENDPOINTS: Final = (
    _get("/health", "How the agent is", reading.health, models.Health),
    _get("/rooms", "What is known of each room", reading.rooms, models.Listing[models.Room]),
    _get("/sources", "Every source", reading.sources, models.Listing[models.Source]),
    _get("/sources/{source_id}", "One source", reading.source, models.Source, refuses=(404,)),
    Endpoint(
        method="DELETE",
        path="/sources/{source_id}",
        summary="End a replay that was begun here",
        call=writing.end_replay,
        status=204,
        refuses=(404, 409),
    ),
    _get(
        "/lanes",
        "Lanes of the present sessions",
        reading.lanes,
        models.Listing[models.Lane],
        parameters=LaneParameters,
    ),
    _get(
        "/windows",
        "The last windows, oldest first",
        reading.windows,
        models.Listing[models.Window],
        parameters=WindowParameters,
    ),
    _get(
        "/events",
        "Events that are kept",
        reading.events,
        models.Listing[models.Event],
        parameters=EventParameters,
    ),
    _get("/events/{id}", "One event", reading.event, models.Event, refuses=(404,)),
    _get(
        "/events/{id}/windows",
        "What an event rests on",
        reading.evidence,
        models.Evidence,
        refuses=(404,),
    ),
    _get("/captures", "Recordings, newest first", reading.captures, models.Listing[models.Capture]),
    _post(
        "/captures",
        "Record a source",
        writing.begin_capture,
        models.Capture,
        status=201,
        body=models.NewCapture,
        refuses=(404, 409),
    ),
    _get(_CAPTURE, "One recording", reading.capture, models.Capture, refuses=(404,)),
    Endpoint(
        method="PATCH",
        path=_CAPTURE,
        summary="Label a recording",
        call=writing.label_capture,
        answer=models.Capture,
        body=models.NewLabel,
        refuses=(404,),
    ),
    Endpoint(
        method="DELETE",
        path=_CAPTURE,
        summary="Delete a recording for good",
        call=writing.delete_capture,
        status=204,
        refuses=(404, 409),
    ),
    _post(
        _CAPTURE + "/stop",
        "End a recording",
        writing.end_capture,
        models.Capture,
        refuses=(404, 409),
    ),
    _get(_CAPTURE + "/file", "Download", reading.capture_file, None, refuses=(404, 409)),
    _post(
        _CAPTURE + "/replay",
        "Play a recording as a source",
        writing.replay_capture,
        models.Source,
        status=201,
        body=models.NewReplay,
        refuses=(404, 409),
    ),
    _get(
        "/calibrations",
        "Calibrations, newest first",
        reading.calibrations,
        models.Listing[models.Calibration],
    ),
    _post(
        "/calibrations",
        "Learn an empty room",
        writing.calibrate,
        models.Calibration,
        status=202,
        body=models.NewCalibration,
        refuses=(404, 409),
    ),
    _get(_CALIBRATION, "One calibration", reading.calibration, models.Calibration, refuses=(404,)),
    _post(
        _CALIBRATION + "/cancel",
        "Stop learning",
        writing.cancel_calibration,
        models.Calibration,
        refuses=(404, 409),
    ),
    _get("/memory", "What is remembered", remembered.memory, models.Holdings, refuses=(409,)),
    _get(
        "/memory/search",
        "When it was last like this",
        remembered.likeness,
        models.Likeness,
        parameters=LikenessParameters,
        refuses=(404, 409),
    ),
    _get("/link", "How the link stands", linked.link, link_models.Link),
    _get(
        "/link/explain",
        "Why the link stands so",
        linked.explain_link,
        link_models.LinkExplanation,
        refuses=(409,),
    ),
    _post(
        "/link/pause",
        "Put the link back, and leave it alone",
        linked.pause_link,
        link_models.Link,
        refuses=(409,),
    ),
    _post(
        "/link/resume",
        "Tend the link again",
        linked.resume_link,
        link_models.Link,
        refuses=(409,),
    ),
    _get("/mesh", "How the mesh stands", meshed.mesh, mesh_models.Mesh),
    _get("/mesh/nodes", "Every node", meshed.mesh_nodes, models.Listing[mesh_models.MeshNode]),
    _get("/mesh/plan", "Roles and channels", meshed.mesh_plan, mesh_models.MeshPlan),
    _post(
        "/mesh/calibrations",
        "Let the nodes of a room calibrate",
        meshed.calibrate_room,
        mesh_models.RoomCalibration,
        status=202,
        body=mesh_models.NewRoomCalibration,
        refuses=(404, 409),
    ),
    _get("/config", "Every setting in force", reading.config, models.Configuration),
)
