"""The part itself: what it cannot do is said in one sentence, and ends it."""

import asyncio
import io
import json
import socket
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st

from airsonde.apps.agent import mesh_views
from airsonde.apps.agent.log import Log
from airsonde.apps.agent.mesh_settings import MeshSettings
from airsonde.apps.agent.meshing import Meshing
from airsonde.apps.agent.recordings import Recordings
from airsonde.apps.agent.rooms import Rooms
from airsonde.apps.agent.settings import PrivacySettings
from airsonde.apps.agent.teller import Teller
from airsonde.core.errors import AirsondeError, ConfigError, DecodeError, DriverError
from airsonde.faces.http.mesh_models import Mesh


@pytest.fixture
def teller(tmp_path):
    return Teller({}, Rooms(), Recordings(tmp_path / "captures", 0), PrivacySettings())


@pytest.fixture
def meshing(teller):
    def part(**mesh):
        settings = MeshSettings.model_validate(mesh)
        return Meshing(settings, {}, teller, Log(io.StringIO()))

    return part


def failure(part):
    """What ends it, within five seconds."""
    with pytest.raises(AirsondeError) as failed:
        asyncio.run(asyncio.wait_for(part.run(), 5))
    return failed.value


async def told(teller, condition):
    """Until what is told of the mesh is so."""
    reached = asyncio.Event()
    teller.hub.join(lambda _: condition(teller.mesh_now) and reached.set())
    await reached.wait()


def test_nobody_to_watch(meshing, teller, tmp_path):
    part = meshing(role="watch", state=str(tmp_path))
    assert teller.mesh_now["reason"] == "it is starting"
    assert isinstance(failure(part), DriverError)
    assert "no mesh program writes its status" in teller.mesh_now["reason"]
    assert (teller.mesh_now["enabled"], teller.mesh_now["nodes"]) == (True, [])


NODE = {
    "node": "01" * 8, "address": "127.0.0.1:5005", "room": "room", "authenticated": True,
    "origin": "replay", "coordinator": False, "alive": True, "heard_ago_s": 0.1, "messages": 9,
    "raw_csi_bytes": 0, "role": "observer", "profile": "passive_low_rate", "calibrating": False,
    "presence_valid": False, "channel": 6, "pkt_yield": 100, "clock_error_us": 420,
}  # fmt: skip
STANDING = {
    "node": "a0" * 8, "leads": True, "coordinator": "a0" * 8, "epoch": 256,
    "level": "enforcing", "takes_unauthenticated": True, "refused": {"wrong tag": 3},
    "unknown_magics": {}, "nodes": [NODE],
    "rooms": [{"room": "room", "presence": 0.0, "motion": 0.0, "confidence": 0.9,
               "authenticated": 1.0, "occupied": False, "moving": False, "fresh_nodes": 1,
               "anchor": "02" * 8, "channels": [1, 6]}],
}  # fmt: skip
WHOLE = {"node": "0" * 16, "leads": True, "coordinator": None, "epoch": 1, "refused": {}}


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"rooms": [1], "nodes": [{}]},
        {**WHOLE, "rooms": {}, "nodes": None},
        {**WHOLE, "rooms": [], "nodes": [{"node": "x", "raw_csi_bytes": "many"}]},
        {**WHOLE, "rooms": [{"room": "a"}], "nodes": []},
        {**WHOLE, "refused": 1},
        {**WHOLE, "origin": "imagined"},
    ],
)
def test_a_status_that_is_none(meshing, tmp_path, status):
    written = {"written_s": time.time(), **status}
    (tmp_path / "status.json").write_text(json.dumps(written))
    assert isinstance(failure(meshing(role="watch", state=str(tmp_path))), DecodeError)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b'{"written_s": "x"}', b"\0", b"\xff", b"[" * 200_000]
)
def test_a_file_that_is_no_status(meshing, tmp_path, content):
    (tmp_path / "status.json").write_bytes(content)
    assert isinstance(failure(meshing(role="watch", state=str(tmp_path))), DecodeError)


def holes(value):
    """Every place in nested values, as the keys that lead there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    return [(), *((key, *rest) for key, part in inner for rest in holes(part))]


def replaced(value, place, by):
    if not place:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], by)
    return copy


@given(st.sampled_from(holes(STANDING)[1:]), st.none() | st.integers() | st.floats() | st.text(max_size=3)
       | st.lists(st.integers(), max_size=2) | st.dictionaries(st.text(max_size=3), st.none(), max_size=2))  # fmt: skip
@fuzz(max_examples=100, deadline=None)
def test_whatever_a_status_holds_is_understood_or_refused(place, by):
    status = replaced(STANDING, place, by)
    try:
        told = mesh_views.standing("watch", status, {}, 0)
    except (AttributeError, KeyError, TypeError, ValueError):
        return
    assert msgspec.json.decode(msgspec.json.encode(told)).keys() == told.keys()


def test_a_whole_status_is_as_the_api_describes_it():
    told = mesh_views.standing("watch", STANDING, {NODE["node"]: 0.0}, 5)
    Mesh.model_validate_json(json.dumps(told))
    (room,), (plan,) = told["rooms"], mesh_views.planned(told)
    assert (room["verdict"], room["origin"], room["alive"]) == ("unknown", "replay", 1)
    assert plan["roles"] == [{"node": NODE["node"], "role": "observer", "channel": 6}]
    assert [(link["kind"], link["error_us"]) for link in told["links"]] == [
        ("reports", None), ("clock", 420),
    ]  # fmt: skip


def told_room(**room):
    said = {"fresh_nodes": 1, "presence": 0.1, "occupied": False, "moving": False} | room
    status = STANDING | {"rooms": [STANDING["rooms"][0] | said]}
    status["nodes"] = [NODE | {"presence_valid": True}]
    return mesh_views.standing("watch", status, {}, 0)["rooms"][0]["verdict"]


def test_a_verdict_is_what_can_be_told():
    assert told_room() == "empty"
    assert told_room(presence=0.9) == "unknown"
    assert told_room(occupied=True) == "occupied"
    assert told_room(occupied=True, moving=True) == "moving"
    assert told_room(occupied=True, moving=True, fresh_nodes=0) == "unknown"


def test_a_status_that_is_old(meshing, tmp_path):
    (tmp_path / "status.json").write_text(json.dumps({**WHOLE, "written_s": time.time() - 60}))
    assert "stopped 60 s ago" in str(failure(meshing(role="watch", state=str(tmp_path))))


def test_a_port_that_is_taken(meshing, teller, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        part = meshing(
            role="coordinator", level="permissive", listen=f"127.0.0.1:{port}",
            state=str(tmp_path / "head"), keys=str(tmp_path / "none"),
        )  # fmt: skip
        assert "is in use" in str(failure(part))

        async def lead():
            running = asyncio.create_task(part.run())
            await told(teller, lambda mesh: mesh["leads"])
            running.cancel()
            await asyncio.wait({running})

    asyncio.run(asyncio.wait_for(lead(), 10))
    assert (teller.mesh_now["level"], teller.mesh_now["reason"]) == ("permissive", None)
    with pytest.raises(ConfigError, match="does not lead"):
        part.calibrate("room")


def test_a_source_that_is_none(meshing):
    with pytest.raises(ConfigError, match="there is no source 'desk'"):
        meshing(role="node", source="desk", to=["127.0.0.1"])


def test_a_disk_that_fails_while_it_runs(meshing, teller, tmp_path):
    """A failure in a task of the part is the part's failure, not the agent's."""
    folder = tmp_path / "head"
    part = meshing(role="coordinator", level="permissive", listen="127.0.0.1:0",
                   state=str(folder), keys=str(tmp_path / "none"))  # fmt: skip

    async def run():
        running = asyncio.create_task(part.run())
        await told(teller, lambda mesh: mesh["told_ns"])
        (folder / "status.json").unlink()
        (folder / "status.json").mkdir()
        await running

    with pytest.raises(DriverError, match="cannot write"):
        asyncio.run(asyncio.wait_for(run(), 5))
    assert "cannot write" in teller.mesh_now["reason"]
