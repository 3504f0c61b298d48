"""REST: every answer is what the types say, and what the runtime concluded."""

import json
import re
from pathlib import Path

import pytest

from airsonde.apps.sensing import SensingRun
from airsonde.apps.sensing_results import event_fields
from airsonde.captures.capture import open_capture
from airsonde.faces.http.openapi import document
from airsonde.faces.http.table import BASE, ENDPOINTS

READING = [
    e
    for e in ENDPOINTS
    if e.method == "GET" and e.answer and "{" not in e.path and e.path != "/memory/search"
]


@pytest.mark.parametrize("endpoint", READING, ids=lambda e: e.path)
def test_every_list_is_as_described(agent, endpoint):
    body = agent.get(endpoint.path)
    endpoint.answer.model_validate_json(json.dumps(body))
    of_the_link = endpoint.path.startswith("/link")  # this machine's, whatever the sources are
    assert body["origin"] == ("live" if of_the_link else "simulated")


def test_the_published_document_is_that_of_the_code(agent):
    published = agent.get("/openapi.json")
    assert published == document()
    described = {
        (method.upper(), path) for path, item in published["paths"].items() for method in item
    }
    assert described == {(e.method, BASE + e.path) for e in ENDPOINTS}


def test_a_replay_says_what_the_command_says(replaying):
    capture = open_capture(replaying.path)
    expected = [event_fields(e) for e in SensingRun(capture.reader().blocks(), "walk").events()]
    passes = replaying.until(lambda: replaying.get("/sources/walk")["replay"]["passes"] > 2)
    assert passes
    session = replaying.get("/windows?limit=1")["items"][0]["session"]
    items = replaying.get("/events?order=oldest&limit=500")["items"]
    told = [item for item in items if item["session"] == session]
    assert [(e["kind"], int(e["timestamp_ns"]), e["evidence_window_ids"]) for e in told] == [
        (e["kind"], e["timestamp_ns"], e["evidence_window_ids"]) for e in expected
    ]
    windows = [w for w in replaying.get("/windows?limit=500")["items"] if w["session"] == session]
    looks = SensingRun(capture.reader().blocks(), "walk").looks()
    assert [w["window_id"] for w in windows] == [look.window.window_id for look in looks]
    assert all(item["origin"] == "replay" for item in (*items, *windows))


def test_pages_join_without_a_gap(agent):
    agent.until(lambda: len(agent.get("/windows?limit=30")["items"]) >= 30)
    whole = agent.get("/windows?limit=30")["items"]
    first = agent.get("/windows?limit=10")
    second = agent.get(f"/windows?limit=20&after={first['next']}")
    assert [w["id"] for w in first["items"] + second["items"]] == [w["id"] for w in whole]


def test_events_are_filtered_and_paged(agent):
    agent.until(lambda: len(agent.get("/events")["items"]) >= 4, 15)
    newest = agent.get("/events?limit=2")
    older = agent.get(f"/events?limit=2&after={newest['next']}")
    ids = [e["id"] for e in newest["items"] + older["items"]]
    assert ids == sorted(ids, reverse=True)
    one = newest["items"][0]
    same_kind = agent.get(f"/events?kind={one['kind']}&room=lab")["items"]
    assert same_kind
    assert {e["kind"] for e in same_kind} == {one["kind"]}
    assert agent.get("/events?room=nowhere")["items"] == []
    until = agent.get(f"/events?until_ns={one['told_ns']}&limit=500")["items"]
    assert all(int(e["told_ns"]) < int(one["told_ns"]) for e in until)
    evidence = agent.get(f"/events/{one['id']}/windows")
    found = [w["window_id"] for w in evidence["items"]]
    assert sorted(found + evidence["missing"]) == sorted(set(one["evidence_window_ids"]))


def test_a_capture_is_recorded_labelled_downloaded_replayed_deleted(agent, tmp_path):
    agent.until(lambda: agent.get("/sources/sim")["state"] == "hearing")
    status, _, begun = agent.ask(
        "POST", "/captures", {"source_id": "sim", "label": "walk"}, write=True
    )
    assert (status, begun["state"], begun["origin"]) == (201, "recording", "simulated")
    name = begun["capture_id"]
    again, _, body = agent.ask("POST", "/captures", {"source_id": "sim"}, write=True)
    assert (again, body["error"]["code"]) == (409, "conflict")
    agent.until(lambda: (agent.get(f"/captures/{name}")["frames"] or 0) > 100)
    _, _, ended = agent.ask("POST", f"/captures/{name}/stop", write=True)
    assert ended["state"] == "kept"
    _, _, labelled = agent.ask("PATCH", f"/captures/{name}", {"label": None}, write=True)
    assert labelled["label"] is None

    _, _, data = agent.ask("GET", f"/captures/{name}/file")
    copy = tmp_path / ended["file"]
    copy.write_bytes(data)
    summary = open_capture(copy).summary()
    assert summary["decoded"] == ended["frames"]
    assert summary["family"] == "sim"

    status, _, source = agent.ask("POST", f"/captures/{name}/replay", {"speed": 5}, write=True)
    assert (status, source["origin"] in {"replay", "simulated"}) == (201, True)
    replay = source["source_id"]
    agent.until(lambda: agent.get(f"/sources/{replay}")["state"] == "hearing")
    assert agent.get(f"/sources/{replay}")["origin"] == "simulated"
    assert agent.ask("DELETE", f"/captures/{name}", write=True)[0] == 409
    assert agent.ask("DELETE", f"/sources/{replay}", write=True)[0] == 204
    assert agent.ask("DELETE", "/sources/sim", write=True)[0] == 409
    assert agent.ask("DELETE", f"/captures/{name}", write=True)[0] == 204
    assert agent.ask("GET", f"/captures/{name}")[0] == 404
    assert not list(agent.folder.rglob(f"{name}*"))


def test_a_room_in_which_somebody_moves_is_not_learnt(agent):
    agent.until(lambda: agent.get("/sources/sim")["state"] == "hearing")
    status, _, begun = agent.ask(
        "POST", "/calibrations", {"source_id": "sim", "seconds": 20}, write=True
    )
    assert (status, begun["state"]) == (202, "learning")
    path = f"/calibrations/{begun['calibration_id']}"
    over = agent.until(lambda: (c := agent.get(path))["state"] != "learning" and c, 15)
    assert over["state"] == "refused"
    assert over["remedy"]


def test_metrics_speak_of_what_is_there(agent):
    _, headers, data = agent.ask("GET", "//metrics")
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    text = data.decode()
    assert 'airsonde_source_up{source="sim",origin="simulated"}' in text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(float(line.rpartition(" ")[2]) >= 0 for line in lines)


def test_the_grafana_dashboard_asks_for_documented_names_only():
    root = Path(__file__).parents[3]
    asked = set(
        re.findall(r"(?:airsonde|process)_\w+", (root / "contrib/grafana.json").read_text())
    )
    documented = (root / "docs/reference/api.md").read_text()
    assert len(asked) > 10
    assert [name for name in asked if f"`{name}`" not in documented] == []


def test_every_metric_is_documented(agent):
    documented = (Path(__file__).parents[3] / "docs/reference/api.md").read_text()
    names = re.findall(r"^# TYPE (\w+)", agent.ask("GET", "//metrics")[2].decode(), re.MULTILINE)
    assert len(names) > 12
    assert [name for name in names if f"`{name}`" not in documented] == []


def test_every_path_is_documented():
    documented = (Path(__file__).parents[3] / "docs/reference/api.md").read_text()
    assert [e for e in ENDPOINTS if f"`{e.method} {e.path}`" not in documented] == []
