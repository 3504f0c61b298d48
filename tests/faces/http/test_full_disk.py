"""A disk that is full: what cannot be kept is said, the rest goes on, and it mends by itself."""

import os

import pytest

from airsonde.captures.capture import open_capture
from tests.faces.http.running import RunningAgent

FAST = '[sources.sim]\nkind = "simulator"\nspeed = 20.0\n'

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


@pytest.fixture
def cramped(tmp_path):
    """An agent with a megabyte of disk."""
    running = RunningAgent(tmp_path, FAST, disk_bytes=1 << 20)
    running.until(lambda: running.get("/sources/sim")["state"] == "hearing")
    yield running
    if running.process.poll() is None:
        assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


def filled(folder):
    """Leave no byte."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as ballast:
        try:
            while ballast.write(bytes(4096)):
                pass
        except OSError:
            return path


def test_a_recording_that_fills_the_disk_ends_and_opens(cramped):
    status, _, begun = cramped.ask("POST", "/captures", {"source_id": "sim"}, write=True)
    assert status == 201
    path = f"/captures/{begun['capture_id']}"
    ended = cramped.until(lambda: (c := cramped.get(path))["state"] == "kept" and c, 30)
    assert "space" in ended["reason"]
    file = cramped.state / "captures" / ended["file"]
    assert 0 < open_capture(file).summary()["decoded"] <= ended["frames"]
    assert cramped.get("/sources/sim")["state"] == "hearing"
    assert cramped.ask("DELETE", path, write=True)[0] == 204
    assert [f.name for f in (cramped.state / "captures").iterdir()] == []


def test_events_that_cannot_be_kept_are_told_and_kept_again_later(cramped):
    ballast = filled(cramped.state)
    full = cramped.until(lambda: cramped.get("/health")["problems"], 30)
    assert "events.sqlite" in full[0]["reason"]
    assert cramped.get("/health")["status"] == "degraded"
    assert cramped.get("/sources/sim")["state"] == "hearing"
    status, _, body = cramped.ask("POST", "/captures", {"source_id": "sim"}, write=True)
    assert (status, body["error"]["code"]) == (500, "failed")
    assert "space" in body["error"]["message"]
    ballast.unlink()
    cramped.until(lambda: not cramped.get("/health")["problems"], 30)
    kept = cramped.get("/events?limit=1")["items"][0]["id"]
    cramped.until(lambda: cramped.get("/events?limit=1")["items"][0]["id"] != kept)


def test_an_agent_on_a_full_disk_ends_in_order(cramped):
    _, _, begun = cramped.ask("POST", "/captures", {"source_id": "sim"}, write=True)
    cramped.until(lambda: (cramped.get(f"/captures/{begun['capture_id']}")["frames"] or 0) > 0)
    filled(cramped.state)
    assert cramped.stop() == 0
