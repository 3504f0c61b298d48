"""The mesh of a running agent: real nodes on loopback, what is told of them, what may be ordered."""

import json
import socket
import time

import pytest
from websockets.sync.client import connect

from airsonde.faces.http import mesh_models
from airsonde.mesh.feature_state import FeatureState, encode_feature_state
from tests.apps.mesh.processes import wait_for
from tests.faces.http.meshed import HEAD, NODES, MeshedAgent
from tests.faces.http.running import SIMULATED

STATE = FeatureState(7, 0, 1, 1, 0.1, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1)


@pytest.fixture(scope="module")
def meshed(tmp_path_factory):
    """Two nodes in the living room; the third is away."""
    running = MeshedAgent(tmp_path_factory.mktemp("mesh"))
    running.start(0)
    running.start(1, scene="breather")
    wait_for(lambda: running.mesh()["leads"] and all(map(running.node, NODES[:2])), 30)
    wait_for(lambda: running.node(NODES[0])["origin"], 10)
    yield running
    running.close()


@pytest.fixture
def stranger():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def test_nodes_are_told_as_described(meshed):
    wait_for(lambda: meshed.node(NODES[0])["raw_csi_open"] is not None, 5)
    mesh = meshed.mesh()
    mesh_models.Mesh.model_validate_json(json.dumps(mesh))
    assert (mesh["node"], mesh["coordinator"], mesh["level"]) == (HEAD, HEAD, "enforcing")
    node = meshed.node(NODES[0])
    assert (node["room"], node["authenticated"], node["alive"]) == ("living", True, True)
    assert node["origin"] == mesh["origin"] == "simulated"
    assert (node["raw_csi_bytes"], node["raw_csi_open"]) == (0, False)
    listed = meshed.agent.get("/mesh/nodes")
    assert {n["node"] for n in listed["items"]} == {n["node"] for n in mesh["nodes"]}
    reports = {(link["from"], link["to"]) for link in mesh["links"] if link["kind"] == "reports"}
    assert {(NODES[0], HEAD), (NODES[1], HEAD)} <= reports


def test_whether_the_whole_is_real_depends_on_the_nodes(meshed):
    """This agent has no source: what it says comes from its nodes."""
    assert meshed.agent.get("/health")["origin"] == "simulated"
    assert meshed.agent.get("/sources") == {"items": [], "next": None, "origin": "simulated"}


def test_the_plan_has_one_anchor(meshed):
    def roles():
        (room,) = [r for r in plan()["rooms"] if r["room"] == "living"]
        found = {node["node"]: node["role"] for node in room["roles"]}
        anchors = [node for node, role in found.items() if role == "anchor"]
        return room if anchors == [room["anchor"]] and "observer" in found.values() else None

    def plan():
        answer = meshed.agent.get("/mesh/plan")
        mesh_models.MeshPlan.model_validate_json(json.dumps(answer))
        return answer

    assert wait_for(roles, 15)["channels"] == [36, 40]


def test_happenings_are_told_and_logged(meshed):
    told = {(h["event"], h["node"]) for h in meshed.mesh()["happenings"]}
    assert {("joined", NODES[0]), ("joined", NODES[1]), ("leader", None)} <= told
    assert f"what=mesh event=joined node={NODES[0]} room=living" in meshed.agent.log.read_text()


def test_a_stranger_is_marked_and_refusals_are_counted(meshed, stranger):
    """Telemetry without proof is shown as such; what claims to be a node of ours is refused."""
    to = ("127.0.0.1", meshed.port)
    name = f"7@127.0.0.1:{stranger.getsockname()[1]}"

    def heard():
        stranger.sendto(encode_feature_state(STATE), to)
        stranger.sendto(b"\x99\x00\x11\xc5junk", to)
        stranger.sendto(encode_feature_state(STATE)[:-1] + b"\0", to)
        return (n := meshed.node(name)) and (r := meshed.room("room")) and r["fresh_nodes"] and n

    node = wait_for(heard, 10)
    assert (node["authenticated"], node["origin"], node["room"]) == (False, None, "room")
    room = meshed.room("room")
    assert (room["authenticated"], room["origin"]) == (0.0, None)
    mesh = wait_for(lambda: (m := meshed.mesh())["refused"].get("CRC mismatch") and m, 5)
    assert mesh["unknown_magics"]["c5110099"] >= 1
    _, _, text = meshed.agent.ask("GET", "//metrics")
    lines = text.decode().splitlines()
    assert 'airsonde_mesh_nodes{room="living",state="alive"} 2' in lines
    assert any(
        line.startswith('airsonde_mesh_refused_total{reason="CRC mismatch"}') for line in lines
    )
    assert 'airsonde_mesh_leads{role="coordinator"} 1' in lines
    status, _, body = meshed.agent.ask("POST", "/mesh/calibrations", {"room": "room"}, write=True)
    assert (status, body["error"]["code"]) == (409, "conflict")


def test_the_stream_tells_at_once_and_every_second(meshed):
    with connect(meshed.agent.url) as client:
        client.send(json.dumps({"op": "subscribe", "topics": ["mesh"]}))
        told = []
        begin = time.monotonic()
        while len(told) < 3 and time.monotonic() - begin < 10:
            message = json.loads(client.recv(timeout=5))
            if message["type"] == "mesh":
                told.append(message)
    assert len(told) == 3
    for message in told:
        mesh_models.Mesh.model_validate_json(json.dumps(message["mesh"]))
        assert message["origin"] == message["mesh"]["origin"] == "simulated"


def test_a_calibration_reaches_the_nodes_of_the_room(meshed):
    status, _, body = meshed.agent.ask("POST", "/mesh/calibrations", {"room": "living"}, write=True)
    assert (status, body["told"]) == (202, 2)
    mesh_models.RoomCalibration.model_validate(body)
    order = wait_for(
        lambda: [
            h
            for h in meshed.mesh()["happenings"]
            if h["room"] == "living" and "t0_anchor_us" in h["words"]
        ],
        5,
    )
    assert order[0]["words"]["profile"] == 4
    wait_for(lambda: meshed.node(NODES[0])["calibrating"], 15)


def test_orders_need_the_token_and_a_room(meshed):
    ask = meshed.agent.ask
    assert ask("POST", "/mesh/calibrations", {"room": "living"})[0] == 401
    assert ask("POST", "/mesh/calibrations", {"room": "attic"}, write=True)[0] == 404
    assert ask("POST", "/mesh/calibrations", {"room": "x" * 65}, write=True)[0] == 400
    assert ask("POST", "/mesh/calibrations", {}, write=True)[0] == 400


def test_without_a_mesh_all_of_it_is_empty(agent):
    mesh = agent.get("/mesh")
    mesh_models.Mesh.model_validate_json(json.dumps(mesh))
    assert (mesh["enabled"], mesh["role"], mesh["nodes"], mesh["node"]) == (False, "off", [], None)
    status, _, body = agent.ask("POST", "/mesh/calibrations", {"room": "lab"}, write=True)
    assert status == 409
    assert "mesh.role" in body["error"]["message"]


def test_watching_shows_what_another_coordinator_knows(meshed, start):
    folder = meshed.agent.folder
    watcher = start(f'{SIMULATED}\n[mesh]\nrole = "watch"\nstate = "{folder}/head"\n')
    mesh = watcher.until(lambda: (m := watcher.get("/mesh"))["told_ns"] and m)
    assert (mesh["role"], mesh["leads"], mesh["node"]) == ("watch", True, HEAD)
    assert {n["node"] for n in mesh["nodes"]} >= set(NODES[:2])
    status, _, body = watcher.ask("POST", "/mesh/calibrations", {"room": "living"}, write=True)
    assert status == 409
    assert "does not lead" in body["error"]["message"]


def test_a_source_of_the_agent_is_a_node_of_the_mesh(meshed, start):
    """What the node measures with is a simulated source, so it says that it is simulated."""
    number = 2
    agent = start(
        f'{SIMULATED}\n[mesh]\nrole = "node"\nsource = "sim"\nid = "{NODES[number]}"\n'
        f'keys = "{meshed.agent.folder}/keys"\nstate = "{meshed.agent.folder}/own"\n'
        f'to = ["127.0.0.1:{meshed.port}"]\nlisten = "127.0.0.1:{meshed.ports[number]}"\n'
    )
    there = wait_for(lambda: (n := meshed.node(NODES[number])) and n["origin"] and n, 30)
    assert (there["room"], there["authenticated"]) == ("kitchen", True)
    assert there["origin"] == "simulated"
    mesh = agent.until(lambda: (m := agent.get("/mesh"))["coordinator"] and m, 20)
    mesh_models.Mesh.model_validate_json(json.dumps(mesh))
    (own,) = mesh["nodes"]
    assert (own["node"], own["authenticated"], mesh["coordinator"]) == (NODES[number], True, HEAD)
    wait_for(lambda: (meshed.node(NODES[number])["pkt_yield"] or 0) > 50, 15)


def test_what_is_missing_is_told_and_the_agent_goes_on(start, tmp_path):
    keys = tmp_path / "none"
    agent = start(f'{SIMULATED}\n[mesh]\nrole = "coordinator"\nkeys = "{keys}"\n')
    mesh = agent.until(lambda: (m := agent.get("/mesh"))["reason"] != "it is starting" and m)
    assert (mesh["enabled"], mesh["nodes"], mesh["told_ns"]) == (True, [], None)
    assert "airsonde mesh keys generate" in mesh["reason"]
    (part,) = [p for p in agent.get("/health")["parts"] if p["name"] == "mesh"]
    assert (part["state"], part["reason"]) == ("down", mesh["reason"])
    agent.until(lambda: agent.get("/sources/sim")["state"] == "hearing")


@pytest.mark.slow
def test_a_node_that_dies_is_told_and_the_room_stays_honest(meshed):
    meshed.start(2, scene="empty")
    wait_for(
        lambda: (r := meshed.room("kitchen")) and r["fresh_nodes"] and not r["calibrating"], 60
    )
    assert meshed.room("kitchen")["verdict"] == "unknown"
    meshed.kill(2)
    wait_for(lambda: not meshed.node(NODES[2])["alive"], 15)
    wait_for(lambda: ("dead", NODES[2]) in
             {(h["event"], h["node"]) for h in meshed.mesh()["happenings"]}, 5)  # fmt: skip
    room = meshed.room("kitchen")
    assert (room["alive"], room["verdict"], room["fresh_nodes"]) == (0, "unknown", 0)
