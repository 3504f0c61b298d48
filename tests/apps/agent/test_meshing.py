"""The part itself: what it cannot do is said in one sentence, and ends it."""

import asyncio
import io
import json
import socket
import time

import pytest

from airsonde.apps.agent.log import Log
from airsonde.apps.agent.mesh_settings import MeshSettings
from airsonde.apps.agent.meshing import Meshing
from airsonde.apps.agent.recordings import Recordings
from airsonde.apps.agent.rooms import Rooms
from airsonde.apps.agent.settings import PrivacySettings
from airsonde.apps.agent.teller import Teller
from airsonde.core.errors import AirsondeError, ConfigError, DecodeError, DriverError


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


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"written_s": "x"}', b"\0", b"\xff"])
def test_a_file_that_is_no_status(meshing, tmp_path, content):
    (tmp_path / "status.json").write_bytes(content)
    assert isinstance(failure(meshing(role="watch", state=str(tmp_path))), DecodeError)


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
