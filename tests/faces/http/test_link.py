"""The link over the API: a governor beside the agent is watched, one within it can be paused."""

import json
import re
import signal
from pathlib import Path

import pytest
from websockets.sync.client import connect

from airsonde.faces.http import link_models
from tests.apps.governor.governed import governed_host, needs_root
from tests.drivers.linux.namespaces import ip
from tests.faces.http.governing import GoverningAgent
from tests.faces.http.running import SIMULATED

pytestmark = needs_root


@pytest.fixture
def host(tmp_path):
    with governed_host(tmp_path) as host:
        yield host


@pytest.fixture
def within(host):
    """Starts agents that govern; they end with the test."""
    ip("-n", host.namespace, "link", "set", "lo", "up")
    host.until(lambda: "DOWN" not in ip("-n", host.namespace, "-br", "link"))
    begun = []

    def starter():
        begun.append(GoverningAgent(host))
        return begun[-1]

    yield starter
    for agent in begun:
        if agent.process.poll() is None:
            agent.stop()


@pytest.fixture
def watching(host, start):
    host.governs()
    agent = start(f'{SIMULATED}[link]\nmode = "watch"\nfolder = "{host.folder}/run"\n')
    agent.until(lambda: agent.get("/link")["interfaces"])
    return agent


def test_what_a_governor_says_is_told(host, watching):
    told, link = host.status(), watching.get("/link")
    link_models.Link.model_validate_json(json.dumps(link))
    assert (link["mode"], link["origin"], link["reason"]) == ("watch", "live", None)
    (interface,) = link["interfaces"]
    wlan0 = told["interfaces"]["wlan0"]
    same = {name for name in wlan0 if name not in {"t_ns", "delay"}}
    assert {name: interface[name] for name in same} == {name: wlan0[name] for name in same}
    assert interface["t_ns"].isdigit()
    for name in ("version", "preset", "changed", "files", "refused", "missing"):
        assert link[name] == told[name]
    decided = next(d for d in link["decisions"] if d["action"] == "set_power_save")
    known = next(d for d in told["decisions"] if d.get("action") == "set_power_save")
    assert {k: v for k, v in decided.items() if v is not None} == known | {
        "t_ns": str(known["t_ns"])
    }
    past = watching.until(lambda: watching.get("/link/delays")["items"][1:])
    assert {moment["ifname"] for moment in past} == {"wlan0"}
    explained = watching.get("/link/explain")
    link_models.LinkExplanation.model_validate_json(json.dumps(explained))
    assert {r["policy"] for r in explained["reasons"]["wlan0"]} >= {"shaping", "power_save"}


def test_the_stream_and_the_metrics_tell_it(watching):
    with connect(watching.url) as stream:
        stream.send(json.dumps({"op": "subscribe", "topics": ["link"]}))
        messages = (json.loads(stream.recv(5)) for _ in range(20))
        told = next(m for m in messages if m["type"] == "link")
    link_models.Link.model_validate_json(json.dumps(told["link"]))
    assert (told["origin"], told["link"]["interfaces"][0]["name"]) == ("live", "wlan0")
    text = watching.ask("GET", "//metrics")[2].decode()
    (shaped,) = [line for line in text.splitlines() if 'action="set_shaping"' in line]
    assert shaped.startswith('airsonde_link_decisions_total{interface="wlan0"')
    assert float(shaped.rpartition(" ")[2]) >= 1
    documented = (Path(__file__).parents[3] / "docs/reference/api.md").read_text()
    names = set(re.findall(r"^# TYPE (airsonde_link\w+)", text, re.MULTILINE))
    assert names
    assert [name for name in names if f"`{name}`" not in documented] == []


def test_a_governor_that_ended_is_said_to_and_cannot_be_paused(host, watching):
    for verb in ("pause", "resume"):
        status, _, body = watching.ask("POST", f"/link/{verb}", write=True)
        assert (status, 'link.mode = "run"' in body["error"]["message"]) == (409, True)
    host.end()
    link = watching.until(lambda: (told := watching.get("/link"))["reason"] and told)
    assert "no governor runs" in link["reason"]
    assert (link["interfaces"], link["told_ns"], link["version"]) == ([], None, None)
    health = watching.get("/health")
    assert health["status"] == "degraded"
    assert {"name": "link", "state": "down", "reason": link["reason"]} in health["parts"]
    assert watching.ask("GET", "/link/explain")[0] == 409
    assert "airsonde_link_delay" not in watching.ask("GET", "//metrics")[2].decode()


def test_an_agent_governs_pauses_and_leaves_the_host_as_found(host, within):
    before = host.snapshot()
    agent = within()
    link = agent.acts()
    link_models.Link.model_validate_json(json.dumps(link))
    assert (link["mode"], link["paused"], link["reason"]) == ("run", False, None)
    assert {c["target"] for c in link["changed"]} >= {"net/ipv4/tcp_ecn"}
    assert host.snapshot() != before
    assert host.status()["interfaces"]["wlan0"]["connected"] is True

    assert agent.ask("POST", "/link/pause")[0] == 401
    status, _, paused = agent.ask("POST", "/link/pause", write=True)
    assert (status, paused["paused"], paused["interfaces"]) == (200, True, [])
    assert paused["reason"] == "paused; the host stands as it was found"
    assert host.snapshot() == before
    assert host.status() is None
    assert agent.ask("GET", "/link/explain")[0] == 409
    assert agent.ask("POST", "/link/pause", write=True)[0] == 200

    status, _, resumed = agent.ask("POST", "/link/resume", write=True)
    assert (status, resumed["paused"]) == (200, False)
    assert agent.acts()["reason"] is None
    assert host.snapshot() != before
    assert agent.stop() == 0
    assert host.snapshot() == before
    assert "POST /api/v1/link/pause" in agent.log.read_text()


@pytest.mark.slow
def test_a_killed_agent_heals_and_two_governors_do_not_fight(host, within):
    before = host.snapshot()
    agent = within()
    agent.acts()
    agent.stop(signal.SIGKILL)
    assert host.snapshot() != before
    host.governs()
    agent = within()
    link = agent.until(lambda: "held" in (agent.link()["reason"] or "") and agent.link())
    assert link["interfaces"] == []
    assert agent.ask("POST", "/link/pause", write=True)[2]["paused"] is True
    host.end()
    assert host.snapshot() == before
    assert agent.stop() == 0
