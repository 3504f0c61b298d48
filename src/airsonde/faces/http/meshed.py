"""What the API tells of the mesh, and what it may be asked to do."""

from airsonde.apps.agent import mesh_views
from airsonde.core.errors import ConfigError
from airsonde.faces.http.faults import not_found
from airsonde.faces.http.mesh_models import NewRoomCalibration
from airsonde.faces.http.reading import Asked, Fields


def mesh(asked: Asked) -> Fields:
    return _now(asked)


def mesh_nodes(asked: Asked) -> Fields:
    now = _now(asked)
    return asked.listing(now["nodes"]) | {"origin": now["origin"]}


def mesh_plan(asked: Asked) -> Fields:
    now = _now(asked)
    return {"rooms": mesh_views.planned(now), "origin": now["origin"]}


async def calibrate_room(asked: Asked) -> Fields:
    body: NewRoomCalibration = asked.body
    meshing, now = asked.agent.mesh, _now(asked)
    if meshing is None:
        raise ConfigError('there is no mesh here; set mesh.role = "coordinator"')
    if body.room not in {room["room"] for room in now["rooms"]} and now["leads"]:
        raise not_found(f"room {body.room!r} in the mesh", "GET /api/v1/mesh names them")
    told = meshing.calibrate(body.room)
    return {"room": body.room, "told": told, "origin": now["origin"]}


def _now(asked: Asked) -> Fields:
    """How the mesh stands; where there is none the origin is that of the agent."""
    teller = asked.agent.teller
    now = teller.mesh_now
    return now if now["enabled"] else now | {"origin": teller.provenance.value}
